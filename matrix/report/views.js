/* The views: the grid by two axes, and the lists of cells. */

/* What the view shows now: {rows: Rows or null, cells: in their order}. */
let current = {rows: null, cells: []};

const isNarrow = matchMedia('screen and (max-width: 720px)');
let isPrinting = false;

function axisLabel(axis, number) {
    return number < 0 ? '\u2014' : data.axes[axis].values[number];
}

/* ---- grid ---- */

function axisValues(axis, cells) {
    if (axis < 0) {
        return [null];
    }
    const numbers = new Set(cells.map(cell => cell.values[axis]));
    return [...numbers].sort((a, b) => (a < 0) - (b < 0) || a - b);
}

function groupCells(cells) {
    const groups = new Map();
    for (const cell of cells) {
        const key = (state.rows < 0 ? '' : cell.values[state.rows]) + ',' +
            (state.columns < 0 ? '' : cell.values[state.columns]);
        let group = groups.get(key);
        if (!group) {
            group = {cells: [], counts: {}, bad: 0};
            groups.set(key, group);
        }
        group.cells.push(cell);
        group.bad += OUTCOMES[cell.outcome].good ? 0 : 1;
        group.counts[cell.outcome] = (group.counts[cell.outcome] || 0) + 1;
    }
    return groups;
}

function shareBar(counts, total) {
    const bar = make('span', {class: 'bar', 'aria-hidden': 'true'});
    for (const outcome of [...OUTCOME_ORDER].reverse()) {
        if (counts[outcome]) {
            const part = make('span', {class: outcome});
            part.style.flexGrow = counts[outcome] / total;
            bar.append(part);
        }
    }
    return bar;
}

function describeGroup(counts) {
    return OUTCOME_ORDER.filter(outcome => counts[outcome])
        .map(outcome => `${count(counts[outcome])} ${OUTCOMES[outcome].word}`).join(', ');
}

function groupElement(group) {
    if (!group) {
        return make('div', {class: 'group empty', 'aria-label': 'no cells'}, '\u00b7');
    }
    const outcome = mainOutcome(group.counts), total = group.cells.length;
    const number = OUTCOMES[outcome].good ? group.counts[outcome] : group.bad;
    const element = make('div', {
        class: 'group tint ' + outcome, 'aria-label': describeGroup(group.counts),
        title: total === 1 ? group.cells[0].name : describeGroup(group.counts),
    }, make('span', {class: 'sign ' + outcome, 'aria-hidden': 'true'}, OUTCOMES[outcome].sign));
    if (total > 1) {
        const alike = number === total;
        element.append(make('span', {class: 'number'}, count(number)),
            alike ? '' : make('span', {class: 'of'}, ' of ' + count(total)));
        element.append(shareBar(group.counts, total));
    }
    if (group.cells.some(cell => cell.name === state.cell)) {
        element.classList.add('open');
    }
    return element;
}

function openGroup(group, rowNumber, columnNumber) {
    if (group.cells.length === 1) {
        change({cell: group.cells[0].name, record: '', tab: '', other: ''}, true);
        return;
    }
    const values = new Map(state.values);
    if (state.rows >= 0) {
        values.set(state.rows, new Set([rowNumber]));
    }
    if (state.columns >= 0) {
        values.set(state.columns, new Set([columnNumber]));
    }
    /* What is worth looking at comes first. */
    change({view: 'cells', values, sort: 'outcome-'}, true);
    current.rows?.element.focus();
}

function gridView(cells) {
    const groups = groupCells(cells);
    const rowNumbers = axisValues(state.rows, cells);
    const columnNumbers = axisValues(state.columns, cells);
    const group = (row, column) =>
        groups.get(`${rowNumbers[row] ?? ''},${columnNumbers[column] ?? ''}`);
    const rowName = state.rows < 0 ? '' : data.axes[state.rows].name;
    const columnName = state.columns < 0 ? '' : data.axes[state.columns].name;
    const label = (axis, number) => axis < 0 ? 'all' : axisLabel(axis, number);
    const corner = make('div', {class: 'corner'},
        make('span', {}, rowName), make('span', {}, columnName && columnName + ' \u2192'));
    const widest = (axis, numbers) =>
        Math.max(3, ...numbers.map(number => label(axis, number).length));
    const first = Math.min(28, Math.max(widest(state.rows, rowNumbers),
        rowName.length + columnName.length + 4) + 2);
    const track = Math.min(18, Math.max(9, widest(state.columns, columnNumbers) + 3));
    const rows = new Rows({
        label: `Cells by ${rowName || 'nothing'} and ${columnName || 'nothing'}`,
        tracks: [[first, false], ...columnNumbers.map(() => [track, true])],
        heads: [corner, ...columnNumbers.map(number => {
            const text = label(state.columns, number);
            return make('div', {title: text}, text);
        })],
        length: rowNumbers.length,
        row: i => [
            make('div', {class: 'name', title: label(state.rows, rowNumbers[i])},
                label(state.rows, rowNumbers[i])),
            ...columnNumbers.map((_, column) => groupElement(group(i, column))),
        ],
        open: (row, column) => {
            const found = group(row, column - 1);
            if (found) {
                openGroup(found, rowNumbers[row], columnNumbers[column - 1]);
            }
        },
        byCell: true,
        first: 1,
    });
    rows.element.classList.add('matrix');
    return rows;
}

/* ---- lists ---- */

/* A cell's values without the axes' names; what all cells have alike is left out. */
function shortName(cell) {
    const values = data.axes.map((axis, i) => [axis, i])
        .filter(([axis, i]) => axis.values.length > 1 && cell.values[i] >= 0)
        .map(([, i]) => axisLabel(i, cell.values[i]));
    return values.join(' \u00b7 ') || cell.name;
}

/* As a track: room for the longest, most letters being narrower than a digit. */
function textWidth(words, more) {
    const longest = words.reduce((length, word) => Math.max(length, word.length), 0);
    return [Math.min(26, Math.ceil(longest * 0.88) + more), false];
}

/* Columns: head, track (rows.js), what a cell shows, what it is sorted by. */
function columnsOf(view, cells) {
    const outcome = {
        id: 'outcome', head: 'Outcome', track: textWidth(cells.map(cell => OUTCOMES[cell.outcome].word), 5), class: 'outcome',
        show: cell => badge(cell.outcome), key: cell => OUTCOME_ORDER.indexOf(cell.outcome),
    };
    /* What all have alike says nothing. */
    const axes = data.axes.map((axis, i) => [axis, i]).filter(([, i]) =>
        cells.some(cell => cell.values[i] !== cells[0].values[i])).map(([axis, i]) => ({
        id: 'axis.' + axis.name, head: axis.name, class: 'axis',
        track: textWidth([axis.name + '  ', ...axis.values], 2),
        show: cell => axisLabel(i, cell.values[i]), key: cell => cell.values[i],
    }));
    const name = {
        id: 'name', head: 'Cell', class: 'cell-name', track: [24, true],
        show: cell => isNarrow.matches ? shortName(cell) : cell.name, key: cell => cell.index,
    };
    /* A phone or a sheet of paper has no room for a column each. */
    const names = isNarrow.matches || isPrinting || !axes.length ? [name] : axes;
    const longest = Math.max(1e-9, ...cells.map(cell => cell.seconds));
    const seconds = {
        id: 'seconds', head: 'Host time', track: [view === 'slowest' ? 26 : 11, false],
        class: 'time',
        show: cell => view === 'slowest' ? timeBar(cell.seconds, longest)
            : formatSeconds(cell.seconds),
        key: cell => cell.seconds,
    };
    const machine = {
        id: 'machine', head: 'Machine time', track: [14, false], class: 'time',
        show: cell => formatNs(cell.ns), key: cell => cell.ns,
    };
    const attempts = {
        id: 'attempts', head: 'Attempts', track: [12, false], class: 'attempts',
        show: cell => make('span', {}, ...cell.attempts.map(each => sign(each.outcome))),
        key: cell => cell.attempts.length,
    };
    const was = {
        id: 'change', head: 'Since then', track: [28, false], class: 'change', show: changeElement,
        key: cell => Object.keys(CHANGES).indexOf(cell.change),
    };
    const reason = {
        id: 'reason', head: 'Why', track: [30, true], class: 'reason',
        show: cell => make('span', {title: cell.reasons.join('\n')},
            cell.reasons[0] || '', cell.reasons.length > 1 ? ` (+${cell.reasons.length - 1})` : ''),
        key: cell => cell.reasons[0] || '\uffff',
    };
    return {
        cells: [outcome, ...names, reason, seconds, machine],
        slowest: [seconds, machine, outcome, ...names],
        flaky: [attempts, outcome, ...names, reason],
        changes: [was, ...names, reason],
    }[view];
}

function timeBar(seconds, longest) {
    const bar = make('span', {class: 'length', 'aria-hidden': 'true'});
    bar.style.width = Math.max(1, 100 * seconds / longest) + '%';
    return make('span', {class: 'time-bar'}, make('span', {class: 'track'}, bar),
        formatSeconds(seconds));
}

function changeElement(cell) {
    const {sign: mark, word} = CHANGES[cell.change];
    const element = make('span', {class: 'badge change-' + cell.change},
        make('span', {class: 'sign', 'aria-hidden': 'true'}, mark), word);
    if (cell.before && cell.before.outcome !== cell.outcome) {
        return make('span', {}, element, ' ', sign(cell.before.outcome), ' \u2192 ',
            sign(cell.outcome));
    }
    return element;
}

function sortCells(cells, columns) {
    const id = state.sort.replace(/-$/, '');
    const column = columns.find(each => each.id === id);
    if (!column) {
        return cells;
    }
    const direction = state.sort.endsWith('-') ? -1 : 1;
    const keys = new Map(cells.map(cell => [cell, column.key(cell)]));
    return [...cells].sort((a, b) => {
        const x = keys.get(a), y = keys.get(b);
        return (x < y ? -1 : x > y ? 1 : 0) * direction || a.index - b.index;
    });
}

function sortHead(column) {
    const id = state.sort.replace(/-$/, '');
    const isDown = state.sort.endsWith('-');
    const isSorted = id === column.id;
    const next = !isSorted ? column.id : isDown ? '' : column.id + '-';
    return make('div', {
        class: column.class, 'aria-sort': isSorted ? (isDown ? 'descending' : 'ascending') : 'none',
    }, make('button', {
        type: 'button', tabindex: -1, title: `Sort by ${column.head.toLowerCase()}`,
        onclick: () => change({sort: next}),
    }, column.head, isSorted ? (isDown ? ' \u25be' : ' \u25b4') : ''));
}

function listView(view, cells, label) {
    const columns = columnsOf(view, cells);
    cells = sortCells(cells, columns);
    const rows = new Rows({
        label,
        tracks: columns.map(column => column.track),
        heads: columns.map(sortHead),
        length: cells.length,
        row: i => columns.map(column => {
            const shown = column.show(cells[i]);
            return make('div', {
                class: column.class, title: column.class === 'axis' ? shown : null,
            }, shown);
        }),
        rowClass: i => cells[i].outcome + (cells[i].name === state.cell ? ' open' : ''),
        open: row => change({cell: cells[row].name, record: '', tab: '', other: ''}, true),
    });
    rows.element.classList.add('list', 'list-' + view);
    rows.cells = cells;
    return rows;
}

/* Where the time goes: for each value of each axis, its cells' mean. */
function timeByAxis(cells) {
    const element = make('div', {class: 'times'});
    data.axes.forEach((axis, i) => {
        const sums = new Map();
        for (const cell of cells) {
            const sum = sums.get(cell.values[i]) || {seconds: 0, cells: 0};
            sum.seconds += cell.seconds;
            sum.cells++;
            sums.set(cell.values[i], sum);
        }
        if (sums.size < 2) {
            return;
        }
        const means = [...sums].map(([number, sum]) => [number, sum.seconds / sum.cells])
            .sort((a, b) => b[1] - a[1]);
        const table = make('table', {}, make('caption', {}, axis.name));
        for (const [number, mean] of means.slice(0, 6)) {
            table.append(make('tr', {}, make('th', {scope: 'row'}, axisLabel(i, number)),
                make('td', {}, timeBar(mean, means[0][1]))));
        }
        if (means.length > 6) {
            table.append(make('tr', {}, make('td', {colspan: 2}, `and ${means.length - 6} more`)));
        }
        element.append(table);
    });
    return make('details', {class: 'time-by-axis'},
        make('summary', {}, 'Mean host time by axis value'), element);
}

function changeFilter() {
    const all = data.cells.concat(data.gone);
    const group = make('div', {class: 'chips', role: 'group', 'aria-label': 'Kinds of changes'});
    for (const [name, {sign: mark, word}] of Object.entries(CHANGES)) {
        const number = all.filter(cell => cell.change === name).length;
        if (number && name !== 'same') {
            group.append(make('button', {
                type: 'button', class: 'chip', 'aria-pressed': String(state.changes.has(name)),
                onclick: () => change({changes: toggled(state.changes, name)}),
            }, make('span', {class: 'sign', 'aria-hidden': 'true'}, mark), ` ${word} `,
                make('span', {class: 'number'}, count(number))));
        }
    }
    return group;
}

function toggled(set, item) {
    const next = new Set(set);
    if (!next.delete(item)) {
        next.add(item);
    }
    return next;
}

/* What the view has of the cells that pass the filters: {cells, above: elements, what}. */
function cellsOfView(cells) {
    switch (state.view) {
    case 'slowest':
        return {cells: [...cells].sort((a, b) => b.seconds - a.seconds || a.index - b.index),
            above: cells.length ? [timeByAxis(cells)] : []};
    case 'flaky':
        return {cells: cells.filter(cell => cell.flaky), above: []};
    case 'changes': {
        /* Details alone differ from run to run unless clock = virtual: only when asked for. */
        const isShown = cell => state.changes.size ? state.changes.has(cell.change)
            : cell.change !== 'same' && cell.change !== 'detail';
        const all = cells.concat(data.gone.filter(cell => matches(cell)));
        return {
            cells: all.filter(isShown).sort((a, b) =>
                Object.keys(CHANGES).indexOf(a.change) - Object.keys(CHANGES).indexOf(b.change) ||
                a.index - b.index),
            above: [changeFilter()],
        };
    }
    default:
        return {cells, above: []};
    }
}

const NOTHING = {
    grid: 'No cell passes these filters.', cells: 'No cell passes these filters.',
    slowest: 'No cell passes these filters.',
    flaky: 'No cell needed a further attempt to pass, as far as the filters let see.',
    changes: 'Nothing changed since the earlier run, as far as the filters let see.',
};
const LABELS = {
    cells: 'Cells', slowest: 'Cells, slowest first', flaky: 'Cells that failed and passed',
    changes: 'Cells that changed since the earlier run',
};

function showView(cells) {
    const {cells: chosen, above} = cellsOfView(cells);
    const old = current;
    const place = old.rows && old.view === state.view && {
        active: old.rows.active, scroll: old.rows.element.scrollTop,
        left: old.rows.element.scrollLeft,
        hasFocus: old.rows.element === document.activeElement,
        isOpen: document.querySelector('.time-by-axis')?.open,
    };
    old.rows?.close();
    const rows = !chosen.length ? null
        : state.view === 'grid' ? gridView(chosen)
        : listView(state.view, chosen, LABELS[state.view]);
    current = {rows, cells: rows?.cells || chosen, view: state.view};
    document.getElementById('view').replaceChildren(...above,
        rows ? rows.element : make('p', {class: 'nothing'}, NOTHING[state.view]));
    if (rows && isPrinting) {
        rows.print();
    } else if (rows) {
        rows.measure();
    }
    if (rows && place) {
        const details = document.querySelector('.time-by-axis');
        if (details && place.isOpen) {
            details.open = true;
        }
        rows.active = {
            row: Math.min(place.active.row, rows.length - 1),
            column: Math.min(place.active.column, rows.heads.length - 1),
        };
        rows.element.scrollTop = place.scroll;
        rows.element.scrollLeft = place.left;
        if (place.hasFocus) {
            rows.element.focus({preventScroll: true});
        }
        rows.render();
    }
    return chosen.length;
}
