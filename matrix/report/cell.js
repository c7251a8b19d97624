/* One cell: how it went and why, the command that repeats it, and what was seen of it. */

const STATUS_WORDS = new Map([
    ['off', 'the machine switched off'], ['guest-failure', 'the guest reported a failure'],
    ['configuration', 'refused: configuration'], ['internal', 'internal fault'],
]);

function factsOf(record) {
    const times = record.times || {};
    const facts = [
        ['end', record.signal ? `signal ${record.signal}`
            : record.status === null || record.status === undefined ? 'the process was lost'
            : STATUS_WORDS.get(record.status) || String(record.status)],
        ['guest status', record['guest-status'] >= 0 ? String(record['guest-status']) : ''],
        ['time-out', !record['timed-out'] ? ''
            : record.stuck ? 'yes: no CPU could run again'
            : record['machine-limit'] ? 'yes: machine-seconds' : 'yes'],
        ['machine time', formatNs(record['machine-ns'])],
        ['host time', formatSeconds(times.seconds || 0)],
        ['host CPU time', formatSeconds(times['cpu-seconds'] || 0)],
        ['peak memory', times['peak-bytes'] ? formatBytes(times['peak-bytes']) : ''],
        ['host', times.host || ''],
        ['started', formatDate(times.started)],
        ['tags', (record.tags || []).join(' ')],
        ['inputs', (record.inputs || '').slice(0, 12)],
    ];
    return facts.filter(([, value]) => value);
}

function recordLabel(cell, which) {
    return which === 'before' ? 'earlier run'
        : which ? `attempt ${which}`
        : cell.attempts.length > 1 ? `attempt ${cell.attempts.length}` : 'this run';
}

/* The records there are of a cell, as the second part of a choice. */
function recordsOf(cell) {
    const records = cell.attempts.map((attempt, i) => ({
        which: i === cell.attempts.length - 1 ? '' : String(i + 1),
        outcome: attempt.outcome,
        label: cell.gone ? 'earlier run' : cell.attempts.length > 1 ? `attempt ${i + 1}` : 'this run',
    }));
    if (cell.before) {
        records.push({which: 'before', outcome: cell.before.outcome, label: 'earlier run'});
    }
    return records;
}

/* ---- calls, CPUs ---- */

const callKey = each => [each.conduit, each.id, each.verdict, each.service || ''].join(' ');

function callsView({record}) {
    if (!record.counts.length) {
        return make('p', {class: 'nothing'}, 'No call was made.');
    }
    const table = make('table', {class: 'data'}, make('thead', {}, make('tr', {},
        ...['Conduit', 'Id', 'Function', 'Verdict', 'Service', 'Count'].map((head, i) =>
            make('th', {scope: 'col', class: i === 5 ? 'right' : null}, head)))));
    const body = make('tbody');
    for (const each of record.counts) {
        body.append(make('tr', {class: 'verdict-' + each.verdict},
            make('td', {}, each.conduit), make('td', {class: 'code'}, each.id),
            make('td', {}, each.name || '\u2014'), make('td', {}, each.verdict),
            make('td', {}, each.service || '\u2014'),
            make('td', {class: 'right'}, count(each.count))));
    }
    table.append(body);
    return make('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Calls'}, table);
}

function cpusView({record}) {
    if (!record.cpus.length) {
        return make('p', {class: 'nothing'}, 'There was no machine.');
    }
    const names = [...new Set(record.cpus.flatMap(cpu => Object.keys(cpu.registers)))];
    const table = make('table', {class: 'data registers'},
        make('thead', {}, make('tr', {}, make('th', {scope: 'col'}, ''),
            ...record.cpus.map((_, i) => make('th', {scope: 'col'}, 'cpu' + i)))),
        make('tbody', {},
            make('tr', {}, make('th', {scope: 'row'}, 'power'),
                ...record.cpus.map(cpu => make('td', {}, cpu.power || '\u2014'))),
            ...names.map(name => make('tr', {}, make('th', {scope: 'row'}, name),
                ...record.cpus.map(cpu => {
                    const value = cpu.registers[name];
                    return make('td', {class: 'code' + (value === '0x0' ? ' zero' : '')},
                        value === undefined ? '\u2014' : String(value));
                })))));
    return make('div', {class: 'scroll', tabindex: 0, role: 'region',
        'aria-label': 'CPUs at the end'}, table);
}

/* ---- the panel ---- */

/* Words, not signs, between tabs' names and how much is in them. */
const TABS = {
    console: {name: 'Console', make: consoleView, size: record => null},
    calls: {name: 'Calls', make: callsView, size: record =>
        record.counts.reduce((sum, each) => sum + each.count, 0)},
    timeline: {name: 'Timeline', make: timelineView, size: record => record.events.length},
    cpus: {name: 'CPUs', make: cpusView, size: record => record.cpus.length},
};

function tabList(tabs, selected, label, choose) {
    const list = make('div', {role: 'tablist', class: 'tabs', 'aria-label': label});
    tabs.forEach(({id, name, size}, i) => {
        list.append(make('button', {
            type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': 'tab-body',
            'aria-selected': String(id === selected), tabindex: id === selected ? 0 : -1,
            onclick: () => choose(id),
            onkeydown: event => {
                const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
                if (step) {
                    choose(tabs[(i + step + tabs.length) % tabs.length].id, true);
                    event.preventDefault();
                }
            },
        }, name, size ? make('span', {class: 'number'}, ' ' + count(size)) : ''));
    });
    return list;
}

function axesElement(cell, other) {
    const list = make('ul', {class: 'axes', 'aria-label': 'Axes'});
    data.axes.forEach((axis, i) => {
        if (cell.values[i] < 0 && !(other && other.values[i] >= 0)) {
            return;
        }
        const differs = other && other.values[i] !== cell.values[i];
        list.append(make('li', {class: differs ? 'differs' : null},
            make('span', {class: 'axis'}, axis.name), ' ', axisLabel(i, cell.values[i]),
            differs ? make('span', {}, ' \u2192 ', axisLabel(i, other.values[i])) : ''));
    });
    return list;
}

function commandElement(cell) {
    const words = [data.run.file || data.run.matrix, ...(data.run.options || [])];
    const file = words.map(shellWord).join(' ');
    const commands = [
        ['Repeat it', `el4 matrix run ${file} --results "$(mktemp -d)" --cell ${shellWord(cell.name)}`],
        ['By hand', `el4 matrix show ${file} ${shellWord(cell.name)}`,
            'prints the el4 run command of this machine'],
    ];
    return make('div', {class: 'commands'}, ...commands.map(([label, text, help]) => {
        const button = make('button', {
            type: 'button', 'aria-label': `Copy the command: ${label}`,
            onclick: async () => {
                /* A file:// page may not write to the clipboard in every browser. */
                try {
                    await navigator.clipboard.writeText(text);
                    button.textContent = 'copied';
                } catch (error) {
                    getSelection().selectAllChildren(code);
                    button.textContent = 'selected';
                }
                setTimeout(() => {
                    button.textContent = 'copy';
                }, 1500);
            },
        }, 'copy');
        const code = make('code', {}, text);
        return make('div', {class: 'command', title: help || null},
            make('span', {class: 'label'}, label), code, button);
    }));
}

function factsElement(record) {
    const list = make('dl', {class: 'facts'});
    for (const [name, value] of factsOf(record)) {
        list.append(make('div', {}, make('dt', {}, name), make('dd', {}, value)));
    }
    return list;
}

function reasonsElement(record) {
    const element = make('div', {class: 'reasons'});
    if (record['known-failure']) {
        element.append(make('p', {class: 'known'}, 'Known failure: ' + record['known-failure']));
    }
    if (record.reasons.length) {
        element.append(make('ul', {}, ...record.reasons.map(reason =>
            make('li', {}, pictures(reason)))));
    }
    return element;
}

function recordChoice(cell) {
    const records = recordsOf(cell);
    if (records.length < 2) {
        return null;
    }
    const group = make('div', {class: 'chips', role: 'group', 'aria-label': 'Which record'});
    for (const {which, outcome, label} of records) {
        group.append(make('button', {
            type: 'button', class: 'chip', 'aria-pressed': String(state.record === which),
            onclick: () => change({record: which}),
        }, sign(outcome), ' ' + label));
    }
    return group;
}

function panelBar(...buttons) {
    const at = current.cells.findIndex(cell => cell.name === state.cell);
    const step = by => current.cells[at + by] && at >= 0 ? () =>
        change({cell: current.cells[at + by].name, record: '', other: '', otherRecord: ''}) : null;
    const mover = (by, label, text) => make('button', {
        type: 'button', 'aria-label': label, title: label, disabled: !step(by),
        onclick: step(by) || (() => {}), class: 'step',
    }, text);
    return make('div', {class: 'panel-bar'},
        mover(-1, 'Previous cell of the view (k)', '\u2191'),
        mover(1, 'Next cell of the view (j)', '\u2193'), ...buttons,
        make('button', {
            type: 'button', class: 'close', 'aria-label': 'Close (Escape)',
            title: 'Close (Escape)', onclick: closePanel,
        }, '\u2715'));
}

function cellPanel(cell, entry) {
    const {record} = entry;
    const tab = Object.hasOwn(TABS, state.tab) ? state.tab : 'console';
    const body = make('div', {id: 'tab-body', role: 'tabpanel', 'aria-labelledby': `tab-${tab}`,
        class: 'tab-body'});
    body.append(TABS[tab].make(entry));
    const tabs = Object.entries(TABS).map(([id, {name, size}]) => ({id, name, size: size(record)}));
    return [
        panelBar(make('button', {type: 'button', class: 'compare', onclick: () => openPicker(cell)},
            'Compare\u2026')),
        make('div', {class: 'panel-head'},
            make('h2', {id: 'panel-name'}, ...nameParts(cell.name)),
            make('div', {class: 'panel-outcome'}, badge(record.outcome),
                cell.gone ? make('span', {class: 'note'}, 'only in the earlier run') : '',
                recordChoice(cell)),
            reasonsElement(record),
            factsElement(record),
            commandElement(cell)),
        tabList(tabs, tab, 'What was seen', (id, hasFocus) => {
            change({tab: id === 'console' ? '' : id});
            if (hasFocus) {
                document.getElementById(`tab-${id}`)?.focus();
            }
        }),
        body,
    ];
}

/* For print: everything, one below the other. */
function printedTabs(entry) {
    return Object.values(TABS).map(({name, make: makeView}) =>
        make('section', {class: 'printed'}, make('h3', {}, name), makeView(entry)));
}
