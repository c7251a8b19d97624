/* Two records side by side: two cells, a cell in this run and in an earlier one, two attempts. */

const CONTEXT_LINES = 3;
const DIFFERENCES_MAX = 1500;

/* ---- which lines differ (Myers' greedy algorithm) ---- */

/* Steps from a to b: [' ', line of a, line of b], ['-', line of a], ['+', , line of b]. */
function diffLines(a, b) {
    let start = 0, endA = a.length, endB = b.length;
    while (start < endA && start < endB && a[start] === b[start]) {
        start++;
    }
    while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
        endA--;
        endB--;
    }
    const steps = [];
    for (let i = 0; i < start; i++) {
        steps.push([' ', i, i]);
    }
    steps.push(...diffMiddle(a, b, start, endA, start, endB));
    for (let i = 0; endA + i < a.length; i++) {
        steps.push([' ', endA + i, endB + i]);
    }
    return steps;
}

function diffMiddle(a, b, fromA, toA, fromB, toB) {
    const lengthA = toA - fromA, lengthB = toB - fromB;
    const most = Math.min(lengthA + lengthB, DIFFERENCES_MAX);
    const reach = new Int32Array(2 * most + 3), middle = most + 1;
    const trace = [];
    for (let d = 0; d <= most; d++) {
        trace.push(reach.slice(middle - d - 1, middle + d + 2));
        for (let k = -d; k <= d; k += 2) {
            let x = k === -d || (k !== d && reach[middle + k - 1] < reach[middle + k + 1])
                ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
            while (x < lengthA && x - k < lengthB && a[fromA + x] === b[fromB + x - k]) {
                x++;
            }
            reach[middle + k] = x;
            if (x >= lengthA && x - k >= lengthB) {
                return walkBack(trace, d, lengthA, lengthB)
                    .map(([kind, x, y]) => [kind, fromA + x, fromB + y]);
            }
        }
    }
    /* Too different for it to matter which lines happen to be alike. */
    return [...Array.from({length: lengthA}, (_, i) => ['-', fromA + i, fromB]),
        ...Array.from({length: lengthB}, (_, i) => ['+', toA, fromB + i])];
}

function walkBack(trace, d, x, y) {
    const steps = [];
    for (; d > 0; d--) {
        /* trace[d] has the diagonals -d - 1 to d + 1 as they were before step d. */
        const at = k => trace[d][k + d + 1];
        const k = x - y;
        const isInsertion = k === -d || (k !== d && at(k - 1) < at(k + 1));
        const beforeK = isInsertion ? k + 1 : k - 1;
        const beforeX = at(beforeK), beforeY = beforeX - beforeK;
        while (x > beforeX && y > beforeY) {
            steps.push([' ', --x, --y]);
        }
        if (isInsertion) {
            steps.push(['+', x, --y]);
        } else {
            steps.push(['-', --x, y]);
        }
    }
    while (x > 0) {
        steps.push([' ', --x, --y]);
    }
    return steps.reverse();
}

/* ---- consoles ---- */

/* Linux's "[    1.234567] " differs from run to run. */
const withoutTime = text => text.replace(/^\[ *\d+\.\d+\] /, '');

function stepElement(kind, line) {
    const words = {'-': 'only in A: ', '+': 'only in B: ', ' ': ''};
    return make('div', {class: 'step ' + ({'-': 'minus', '+': 'plus'}[kind] || 'both')},
        make('span', {class: 'mark', 'aria-hidden': 'true'}, kind),
        kind === ' ' ? '' : make('span', {class: 'unseen'}, words[kind]),
        make('span', {class: 'text'}, line || '\u200b'));
}

function stepElements(steps, linesA, linesB) {
    const isNear = new Uint8Array(steps.length);
    steps.forEach(([kind], i) => {
        if (kind !== ' ') {
            isNear.fill(1, Math.max(0, i - CONTEXT_LINES), i + CONTEXT_LINES + 1);
        }
    });
    const element = ([kind, x, y]) => stepElement(kind, kind === '+' ? linesB[y] : linesA[x]);
    const elements = [];
    for (let i = 0; i < steps.length;) {
        let end = i;
        while (end < steps.length && !isNear[end]) {
            end++;
        }
        if (end - i > 1) {
            const hidden = steps.slice(i, end);
            const button = make('button', {
                type: 'button', class: 'fold',
                onclick: () => button.replaceWith(...hidden.map(element)),
            }, `${plural(hidden.length, 'equal line', 'equal lines')}`);
            elements.push(button);
            i = end;
        } else {
            elements.push(element(steps[i++]));
        }
    }
    return elements;
}

function consoleDiff(a, b) {
    const lines = entry => readConsole(entry.record.console).slice(-CONSOLE_LINES).map(lineText);
    const linesA = lines(a), linesB = lines(b);
    const times = make('input', {type: 'checkbox', checked: true});
    const hasTimes = linesA.some(line => withoutTime(line) !== line);
    const status = make('span', {class: 'extent', role: 'status'});
    const output = make('div', {class: 'console diff', tabindex: 0, role: 'region',
        'aria-label': 'Consoles compared'});
    const compare = () => {
        const key = hasTimes && times.checked ? withoutTime : line => line;
        const steps = diffLines(linesA.map(key), linesB.map(key));
        const differing = steps.filter(([kind]) => kind !== ' ').length;
        status.textContent = differing ? plural(differing, 'line differs', 'lines differ')
            : 'no line differs';
        output.replaceChildren(...stepElements(steps, linesA, linesB));
    };
    times.addEventListener('change', compare);
    compare();
    return make('div', {class: 'console-view'}, make('div', {class: 'tools'},
        make('span', {class: 'legend'}, make('span', {class: 'minus'}, '\u2212 only in A'),
            make('span', {class: 'plus'}, '+ only in B')),
        hasTimes ? make('label', {}, times, ' without the kernel\u2019s times') : '', status),
    a.cut || b.cut ? make('p', {class: 'note'},
        'The ends of the consoles are compared: this page has no more of them.') : '', output);
}

/* ---- tables ---- */

function pairRow(name, a, b, attributes) {
    const differs = a !== b;
    return make('tr', {class: differs ? 'differs' : null},
        make('th', {scope: 'row', ...attributes}, name),
        make('td', {class: 'mark'}, differs ? make('span', {title: 'differs'}, '\u2260') : ''),
        make('td', {}, a ?? '\u2014'), make('td', {}, b ?? '\u2014'));
}

function pairTable(heads, rows) {
    return make('table', {class: 'data pairs'},
        make('thead', {}, make('tr', {}, ...heads.map(head => make('th', {scope: 'col'}, head)))),
        make('tbody', {}, ...rows));
}

const onlyDiffering = rows => rows.filter(row => row.classList.contains('differs'));

function callsDiff(a, b) {
    const index = entry => new Map(entry.record.counts.map(each => [callKey(each), each]));
    const inA = index(a), inB = index(b);
    const keys = [...new Set([...inA.keys(), ...inB.keys()])];
    const rows = keys.map(key => {
        const each = inA.get(key) || inB.get(key);
        const name = `${each.conduit} ${each.id} ${each.name || ''} \u00b7 ${each.verdict}` +
            (each.service ? ` by ${each.service}` : '');
        return pairRow(name, String(inA.get(key)?.count ?? 0), String(inB.get(key)?.count ?? 0));
    });
    return scrolled('Calls compared', rows.length
        ? pairTable(['Call', '', 'A', 'B'], rows) : make('p', {class: 'nothing'}, 'No calls.'));
}

function cpusDiff(a, b) {
    const rows = [];
    for (let i = 0; i < Math.max(a.record.cpus.length, b.record.cpus.length); i++) {
        const one = a.record.cpus[i], other = b.record.cpus[i];
        const names = [...new Set([...Object.keys(one?.registers || {}),
            ...Object.keys(other?.registers || {})])];
        rows.push(pairRow(`cpu${i} power`, one?.power, other?.power),
            ...names.map(name => pairRow(`cpu${i} ${name}`, one?.registers[name],
                other?.registers[name])));
    }
    const differing = onlyDiffering(rows);
    return scrolled('CPUs compared', make('p', {class: 'note'}, differing.length
        ? `${count(differing.length)} of ${count(rows.length)} values differ.`
        : `All ${count(rows.length)} values are the same.`),
    differing.length ? pairTable(['Value', '', 'A', 'B'], differing) : '');
}

function scrolled(label, ...children) {
    return make('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label},
        ...children);
}

function timelinesOf(a, b) {
    return make('div', {class: 'timelines'}, make('h3', {}, 'A'), timelineView(a),
        make('h3', {}, 'B'), timelineView(b));
}

function outcomeDiff(a, b) {
    const factsB = new Map(factsOf(b.record));
    const factsA = new Map(factsOf(a.record));
    const names = [...new Set([...factsA.keys(), ...factsB.keys()])];
    const list = entry => entry.record.reasons.length
        ? make('ul', {class: 'reasons'}, ...entry.record.reasons.map(reason =>
            make('li', {}, pictures(reason)))) : '\u2014';
    const reasons = pairRow('reasons', '', '');
    reasons.classList.toggle('differs',
        String(a.record.reasons) !== String(b.record.reasons));
    reasons.cells[2].replaceChildren(list(a));
    reasons.cells[3].replaceChildren(list(b));
    const outcome = pairRow('outcome', a.record.outcome, b.record.outcome);
    outcome.cells[2].replaceChildren(badge(a.record.outcome));
    outcome.cells[3].replaceChildren(badge(b.record.outcome));
    return scrolled('Outcomes compared', pairTable(['', '', 'A', 'B'], [outcome, reasons,
        ...names.map(name => pairRow(name, factsA.get(name), factsB.get(name)))]));
}

const COMPARE_TABS = {
    console: {name: 'Console', make: consoleDiff},
    outcome: {name: 'Outcome', make: outcomeDiff},
    calls: {name: 'Calls', make: callsDiff},
    timeline: {name: 'Timelines', make: timelinesOf},
    cpus: {name: 'CPUs', make: cpusDiff},
};

function compareSide(letter, cell, which, entry, isSame) {
    return make('div', {class: 'side'}, make('span', {class: 'letter'}, letter),
        badge(entry.record.outcome),
        make('span', {class: 'side-name'}, ...(isSame ? [recordLabel(cell, which)]
            : [...nameParts(cell.name), which ? ` (${recordLabel(cell, which)})` : ''])));
}

function comparePanel(cell, entry, other, otherEntry) {
    let a = {cell, which: state.record, entry};
    let b = {cell: other, which: state.otherRecord, entry: otherEntry};
    const isSame = cell === other;
    if (isSame && (b.which === 'before' || (a.which === '' && b.which !== ''))) {
        [a, b] = [b, a]; /* the earlier one first */
    }
    const tab = Object.hasOwn(COMPARE_TABS, state.tab) ? state.tab : 'console';
    const body = make('div', {id: 'tab-body', role: 'tabpanel', 'aria-labelledby': `tab-${tab}`,
        class: 'tab-body'}, COMPARE_TABS[tab].make(a.entry, b.entry));
    const tabs = Object.entries(COMPARE_TABS).map(([id, {name}]) => ({id, name}));
    return [
        panelBar(make('button', {type: 'button', onclick: () => openPicker(cell)},
            'Compare with another\u2026'),
        make('button', {type: 'button', onclick: () => change({other: '', otherRecord: ''}, true)},
            'End comparing')),
        make('div', {class: 'panel-head'},
            make('h2', {id: 'panel-name'},
                ...(isSame ? nameParts(cell.name) : ['Two cells compared'])),
            compareSide('A', a.cell, a.which, a.entry, isSame),
            compareSide('B', b.cell, b.which, b.entry, isSame),
            isSame ? '' : axesElement(a.cell, b.cell)),
        tabList(tabs, tab, 'What to compare', (id, hasFocus) => {
            change({tab: id === 'console' ? '' : id});
            if (hasFocus) {
                document.getElementById(`tab-${id}`)?.focus();
            }
        }),
        body,
    ];
}

/* ---- what to compare with ---- */

const PICKER_MOST = 60;

/* Cells with all but one axis the same first, those that came out otherwise before the others. */
function neighbours(cell) {
    const differing = other => cell.values.reduce((sum, value, i) =>
        sum + (value !== other.values[i]), 0);
    return data.cells.filter(other => other !== cell)
        .map(other => [differing(other), other.outcome === cell.outcome ? 1 : 0, other])
        .sort((x, y) => x[0] - y[0] || x[1] - y[1] || x[2].index - y[2].index)
        .map(([, , other]) => other);
}

function pickerItems(cell, text) {
    const own = recordsOf(cell).filter(record => record.which !== state.record)
        .map(record => ({cell, which: record.which, outcome: record.outcome,
            label: `This cell, ${record.label}`}));
    const words = text.toLowerCase().split(/\s+/);
    const others = neighbours(cell).filter(other => words.every(word => other.text.includes(word)))
        .slice(0, PICKER_MOST).map(other => ({cell: other, which: '', outcome: other.outcome,
            label: null}));
    return text ? others : [...own, ...others];
}

function pickerLabel(cell, item) {
    if (item.label) {
        return [item.label];
    }
    return data.axes.map((axis, i) => [i, axisLabel(i, item.cell.values[i])])
        .filter(([i]) => item.cell.values[i] >= 0)
        .map(([i, value]) => make('span', {
            class: item.cell.values[i] !== cell.values[i] ? 'differs' : 'alike',
        }, value)).flatMap((element, i) => i ? [' ', element] : [element]);
}

function openPicker(cell) {
    const dialog = document.getElementById('picker');
    const input = make('input', {type: 'search', role: 'combobox', 'aria-expanded': 'true',
        'aria-controls': 'picker-list', 'aria-label': 'Find a cell to compare with',
        placeholder: 'Part of a cell\u2019s name', autocomplete: 'off', spellcheck: 'false'});
    const list = make('ul', {id: 'picker-list', role: 'listbox', 'aria-label': 'Cells'});
    let items = [], at = 0;
    const choose = item => {
        dialog.close();
        change({other: item.cell.name, otherRecord: item.which, tab: ''}, true);
        document.getElementById('panel').focus();
    };
    const mark = () => {
        [...list.children].forEach((each, i) => each.setAttribute('aria-selected', String(i === at)));
        const element = list.children[at];
        input.setAttribute('aria-activedescendant', element?.id || '');
        element?.scrollIntoView({block: 'nearest'});
    };
    const fill = () => {
        items = pickerItems(cell, input.value.trim());
        at = 0;
        list.replaceChildren(...items.map((item, i) => make('li', {
            role: 'option', id: `picker-${i}`, onclick: () => choose(item), title: item.cell.name,
        }, sign(item.outcome), ' ', ...pickerLabel(cell, item))));
        if (!items.length) {
            list.append(make('li', {class: 'nothing'}, 'No such cell.'));
        }
        mark();
    };
    input.addEventListener('input', fill);
    input.addEventListener('keydown', event => {
        const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
        if (step && items.length) {
            at = (at + step + items.length) % items.length;
            mark();
            event.preventDefault();
        } else if (event.key === 'Enter' && items[at]) {
            choose(items[at]);
            event.preventDefault();
        }
    });
    dialog.replaceChildren(
        make('h2', {id: 'picker-name'}, 'Compare with'),
        make('p', {class: 'note'}, cell.name), input, list,
        make('p', {class: 'note'}, 'First those that differ in one axis. \u2191 \u2193 Enter, Escape.'));
    fill();
    dialog.showModal();
    input.focus();
}
