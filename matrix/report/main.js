/* The page as a whole: its head, the filters, the panel, keys; and show(), which makes what is
 * seen of the state. */

const byId = id => document.getElementById(id);

/* ---- head ---- */

function showHead() {
    const {run, cells} = data;
    const bad = cells.filter(cell => !OUTCOMES[cell.outcome].good).length;
    const seconds = cells.reduce((sum, cell) => sum + cell.seconds, 0);
    document.title = `${bad ? `${bad} failed` : 'all good'} \u2013 ${run.matrix} \u2013 el4 matrix`;
    byId('name').textContent = run.matrix;
    byId('verdict').replaceChildren(
        make('span', {class: 'sign ' + (bad ? 'fail' : 'pass'), 'aria-hidden': 'true'},
            bad ? '\u2717' : '\u2713'), ' ',
        !cells.length ? 'No cell was run'
            : bad ? `${count(bad)} of ${plural(cells.length, 'cell', 'cells')} failed`
            : `all ${plural(cells.length, 'cell', 'cells')} good`);
    const facts = [
        run.file, 'el4 ' + run.version, formatDate(run.times.started),
        formatSeconds(seconds) + ' in cells',
        run.shards > 1 ? `shard ${run.shard} of ${run.shards}` : '',
        run.cells !== cells.length ? `${count(run.cells)} cells in the matrix` : '',
        data.before ? `beside the run of ${formatDate(data.before.times.started)}` : '',
    ];
    byId('about').textContent = facts.filter(Boolean).join(' \u00b7 ');
    const counts = countBy(cells, cell => cell.outcome);
    byId('share').replaceChildren(...(cells.length ? [shareBar(counts, cells.length)] : []));
}

function countBy(cells, key) {
    const counts = {};
    for (const cell of cells) {
        counts[key(cell)] = (counts[key(cell)] || 0) + 1;
    }
    return counts;
}

function showOutcomes() {
    const counts = countBy(data.cells.filter(cell => matches(cell, 'outcomes')),
        cell => cell.outcome);
    const all = countBy(data.cells, cell => cell.outcome);
    byId('outcomes').replaceChildren(...[...OUTCOME_ORDER].filter(outcome => all[outcome])
        .map(outcome => make('button', {
            type: 'button', class: 'chip outcome ' + outcome, 'data-focus': 'outcome-' + outcome,
            'aria-pressed': String(state.outcomes.has(outcome)),
            onclick: () => change({outcomes: toggled(state.outcomes, outcome)}),
        }, make('span', {class: 'sign', 'aria-hidden': 'true'}, OUTCOMES[outcome].sign), ' ',
        make('span', {class: 'number'}, count(counts[outcome] || 0)), ' ', OUTCOMES[outcome].word)));
}

/* ---- filters ---- */

function chipGroup(legend, chips) {
    return make('fieldset', {}, make('legend', {}, legend), make('div', {class: 'chips'}, ...chips));
}

function valueChip({id, text, isOn, number, bad, toggle}) {
    return make('button', {
        type: 'button', class: 'chip' + (number ? '' : ' none'), 'aria-pressed': String(isOn),
        'data-focus': id, onclick: toggle, title: bad ? `${count(bad)} of ${count(number)} failed` : null,
    }, make('span', {class: 'text'}, text), ' ', make('span', {class: 'number'}, count(number)),
    bad ? make('span', {class: 'bad'}, ' \u2717', make('span', {class: 'unseen'}, ' failed: '),
        count(bad)) : '');
}

function axisGroup(axis, i) {
    const cells = data.cells.filter(cell => matches(cell, i));
    const totals = countBy(cells, cell => cell.values[i]);
    const bads = countBy(cells.filter(cell => !OUTCOMES[cell.outcome].good),
        cell => cell.values[i]);
    const numbers = axis.values.map((_, number) => number);
    if (data.cells.some(cell => cell.values[i] < 0)) {
        numbers.push(-1);
    }
    const chosen = state.values.get(i) || new Set();
    return chipGroup(axis.name, numbers.map(number => valueChip({
        id: `axis-${i}-${number}`, text: axisLabel(i, number), isOn: chosen.has(number),
        number: totals[number] || 0, bad: bads[number] || 0,
        toggle: () => {
            const values = new Map(state.values);
            const next = toggled(chosen, number);
            next.size ? values.set(i, next) : values.delete(i);
            change({values});
        },
    })));
}

function tagGroup() {
    const counts = {};
    data.cells.filter(cell => matches(cell, 'tags'))
        .forEach(cell => cell.tags.forEach(tag => {
            counts[tag] = (counts[tag] || 0) + 1;
        }));
    return chipGroup('tags', data.tags.map((tag, i) => valueChip({
        id: `tag-${i}`, text: tag, isOn: state.tags.has(i), number: counts[i] || 0, bad: 0,
        toggle: () => change({tags: toggled(state.tags, i)}),
    })));
}

let searchTimer = 0;

/* Made once, so that typing is never disturbed. */
function makeSearch() {
    const text = make('input', {
        type: 'search', id: 'search', placeholder: 'Name, reason or tag', autocomplete: 'off',
        spellcheck: 'false', 'aria-label': 'Search the cells (/)', 'aria-keyshortcuts': '/',
        oninput: () => {
            clearTimeout(searchTimer);
            searchTimer = setTimeout(() => change({text: text.value.trim()}), 150);
        },
    });
    const deep = make('input', {type: 'checkbox', id: 'deep',
        onchange: () => change({deep: deep.checked})});
    const clear = make('button', {type: 'button', id: 'clear', onclick: () => {
        change({outcomes: new Set(), values: new Map(), tags: new Set(), text: '', deep: false,
            changes: new Set()}, true);
        text.focus();
    }}, 'Clear all filters');
    byId('filter-form').addEventListener('submit', event => event.preventDefault());
    byId('filter-form').append(make('div', {class: 'search'}, text, make('kbd', {}, '/')),
        make('label', {class: 'deep'}, deep, ' look through consoles, too'),
        clear, make('div', {id: 'groups'}));
}

function showFilters() {
    if (byId('search') !== document.activeElement) {
        byId('search').value = state.text;
    }
    byId('deep').checked = state.deep;
    byId('clear').disabled = !isFiltered();
    const shownAxes = data.axes.map((axis, i) => [axis, i])
        .filter(([axis, i]) => axis.values.length > 1 || state.values.has(i));
    byId('groups').replaceChildren(...shownAxes.map(([axis, i]) => axisGroup(axis, i)),
        ...(data.tags.length ? [tagGroup()] : []));
    const number = state.values.size + (state.tags.size ? 1 : 0) + (state.text ? 1 : 0);
    document.querySelector('#filters > summary').textContent =
        'Filters' + (number ? ` (${number})` : '');
}

function isFiltered() {
    return state.outcomes.size || state.values.size || state.tags.size || state.text ||
        (state.changes.size && state.view === 'changes');
}

/* ---- toolbar ---- */

function showTabs() {
    const flaky = data.cells.filter(cell => cell.flaky).length;
    const changed = data.cells.concat(data.gone)
        .filter(cell => cell.change !== 'same' && cell.change !== 'detail').length;
    const names = {
        grid: ['Grid'], cells: ['Cells'], slowest: ['Slowest'], flaky: ['Flaky', flaky],
        changes: ['Changes', changed],
    };
    const views = VIEWS.filter(view => view !== 'changes' || data.before);
    byId('views').replaceChildren(...views.map((view, i) => make('button', {
        type: 'button', role: 'tab', id: 'view-' + view, 'aria-controls': 'view',
        'aria-selected': String(view === state.view), tabindex: view === state.view ? 0 : -1,
        'data-focus': 'view-' + view, onclick: () => change({view, sort: ''}, true),
        onkeydown: event => {
            const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
            if (step) {
                const next = views[(i + step + views.length) % views.length];
                change({view: next, sort: ''}, true);
                byId('view-' + next).focus();
                event.preventDefault();
            }
        },
    }, names[view][0], names[view].length > 1
        ? make('span', {class: 'number'}, ' ' + count(names[view][1])) : '')));
    byId('view').setAttribute('aria-labelledby', 'view-' + state.view);
}

function axisSelect(label, key) {
    const select = make('select', {
        'data-focus': key, onchange: () => change({[key]: Number(select.value)}),
    }, ...[-1, ...data.axes.keys()].map(i => make('option', {
        value: i, selected: i === state[key],
        disabled: i >= 0 && i === state[key === 'rows' ? 'columns' : 'rows'],
    }, i < 0 ? '(none)' : data.axes[i].name)));
    return make('label', {}, label + ' ', select);
}

function showOptions() {
    const swap = make('button', {type: 'button', 'data-focus': 'swap', title: 'Swap rows and columns',
        'aria-label': 'Swap rows and columns',
        onclick: () => change({rows: state.columns, columns: state.rows})}, '\u21c4');
    byId('options').replaceChildren(...(state.view === 'grid' && data.axes.length
        ? [axisSelect('Rows', 'rows'), swap, axisSelect('Columns', 'columns')] : []),
    make('button', {type: 'button', class: 'help', 'aria-label': 'Keys (?)', title: 'Keys (?)',
        'data-focus': 'help', onclick: showKeys}, '?'));
}

/* ---- panel ---- */

let panelKey = '';
/* The open cell's record, at hand for print, which waits for nothing. */
let panelEntry = null;

async function showPanel() {
    const panel = byId('panel');
    const cell = data.byName.get(state.cell);
    document.body.classList.toggle('has-cell', Boolean(cell));
    if (!cell) {
        panel.hidden = true;
        panelKey = '';
        return;
    }
    const other = data.byName.get(state.other);
    const place = current.cells.indexOf(cell) + ' ' + current.cells.length;
    const key = [state.cell, state.record, state.tab, state.other, state.otherRecord, place].join('\n');
    if (key === panelKey) {
        return;
    }
    panelKey = key;
    const entry = await readRecord(cell, state.record);
    const otherEntry = other && await readRecord(other, state.otherRecord);
    if (key !== panelKey) {
        return; /* another one was asked for meanwhile */
    }
    panelEntry = entry;
    const focus = panel.contains(document.activeElement) &&
        (document.activeElement.id || document.activeElement.getAttribute('aria-label'));
    panel.replaceChildren(...(other ? comparePanel(cell, entry, other, otherEntry)
        : cellPanel(cell, entry)));
    const wasHidden = panel.hidden;
    panel.hidden = false;
    panel.dataset.cell = cell.name;
    panel.dataset.other = other ? other.name : '';
    if (focus) {
        const again = [...panel.querySelectorAll('button, input, [tabindex]')].find(each =>
            each.id === focus || each.getAttribute('aria-label') === focus);
        (again && !again.disabled ? again : panel).focus({preventScroll: true});
    } else if (wasHidden && isNarrow.matches) {
        panel.focus();
    }
    panel.querySelectorAll('.rows').forEach(rows => rows.dispatchEvent(new Event('scroll')));
}

function closePanel() {
    change({cell: '', record: '', tab: '', other: '', otherRecord: ''}, true);
    (current.rows?.element || byId('main')).focus();
}

/* ---- everything ---- */

function show() {
    const cells = data.cells.filter(cell => matches(cell));
    const focus = document.activeElement?.getAttribute?.('data-focus');
    showOutcomes();
    showFilters();
    showTabs();
    showOptions();
    const number = showView(cells);
    const total = data.cells.length;
    const searching = deepSearch.isRunning
        ? `, looking through consoles: ${Math.round(100 * deepSearch.done / data.blocks)} %` : '';
    byId('shown').textContent = (state.view === 'changes' || state.view === 'flaky'
        ? plural(number, 'cell', 'cells')
        : number === total ? plural(total, 'cell', 'cells')
        : `${count(number)} of ${plural(total, 'cell', 'cells')}`) + searching;
    if (focus) {
        document.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({preventScroll: true});
    }
    showPanel();
    if (state.text && state.deep) {
        searchConsoles();
    } else {
        deepSearch.text = '';
        deepSearch.isRunning = false;
    }
}

const KEYS = [
    ['/', 'search the cells'],
    ['\u2191 \u2193 \u2190 \u2192', 'move in the grid or list; Page, Home and End, too'],
    ['Enter', 'open the cell, or list the cells of a group'],
    ['Escape', 'close the panel; leave the search'],
    ['j k', 'the next, the previous cell, with the panel open'],
    ['c', 'compare the open cell'],
    ['f', 'find in its console'],
    ['g', 'go to the grid or list'],
    ['?', 'this list'],
];

function showKeys() {
    const dialog = byId('keys');
    dialog.replaceChildren(make('h2', {id: 'keys-name'}, 'Keys'), make('table', {},
        ...KEYS.map(([key, what]) => make('tr', {}, make('th', {scope: 'row'},
            ...key.split(' ').map(each => make('kbd', {}, each))), make('td', {}, what)))),
    make('form', {method: 'dialog'}, make('button', {}, 'Close')));
    dialog.showModal();
}

function pressed(event) {
    const isTyping = event.target.closest?.('input:not([type=checkbox]), select, textarea');
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) {
        return;
    }
    if (event.key === 'Escape') {
        if (isTyping && event.target.closest('#filters')) {
            (current.rows?.element || byId('main')).focus();
        } else if (isTyping) {
            byId('panel').focus();
        } else if (state.other) {
            change({other: '', otherRecord: '', tab: ''}, true);
        } else if (state.cell) {
            closePanel();
        }
        return;
    }
    const panel = byId('panel');
    const acts = {
        '/': () => {
            byId('filters').open = true;
            byId('search').focus();
            byId('search').select();
        },
        '?': showKeys,
        'g': () => (current.rows?.element || byId('main')).focus(),
        'j': () => panel.querySelectorAll('.step')[1]?.click(),
        'k': () => panel.querySelectorAll('.step')[0]?.click(),
        'c': () => state.cell && openPicker(data.byName.get(state.cell)),
        'f': () => panel.querySelector('.find')?.focus(),
    };
    if (!isTyping && acts[event.key]) {
        acts[event.key]();
        event.preventDefault();
    }
}

/* Paper has no scroll bars: all rows, and all that is known of an open cell. */
function prepareToPrint(isBefore) {
    isPrinting = isBefore;
    show();
    byId('panel').querySelectorAll('.printed').forEach(each => each.remove());
    const cell = data.byName.get(state.cell);
    if (isBefore && cell && !state.other) {
        const printed = printedTabs(panelEntry);
        byId('panel').append(...printed);
        printed.forEach(each => each.querySelector('.timeline')?.timeline.print());
    }
}

async function start() {
    await readSummary();
    makeSearch();
    state = readHash();
    byId('trouble').hidden = true;
    byId('top').hidden = false;
    byId('body').hidden = false;
    if (isNarrow.matches) {
        byId('filters').open = false;
    }
    showHead();
    show();
    addEventListener('popstate', () => {
        state = readHash();
        show();
    });
    addEventListener('hashchange', () => {
        if (location.hash.slice(1) !== writeHash()) {
            state = readHash();
            show();
        }
    });
    isNarrow.addEventListener('change', show);
    document.addEventListener('keydown', pressed);
    byId('skip').addEventListener('click', event => {
        event.preventDefault();
        (current.rows?.element || byId('main')).focus();
    });
    addEventListener('beforeprint', () => prepareToPrint(true));
    addEventListener('afterprint', () => prepareToPrint(false));
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

if (typeof DecompressionStream === 'function') {
    byId('trouble').textContent = 'Reading the results\u2026';
    start().catch(error => {
        byId('trouble').hidden = false;
        byId('trouble').textContent = 'This page is damaged or incomplete; make it again with ' +
            `el4 matrix report. (${error.message})`;
        throw error;
    });
}
