/* What is shown. It stands in the URL's part after '#', so that a view can be linked, and the
 * browser's Back goes to the one before. */

const VIEWS = ['grid', 'cells', 'slowest', 'flaky', 'changes'];

function newState() {
    return {
        view: 'grid', rows: null, columns: null, sort: '', changes: new Set(),
        outcomes: new Set(), values: new Map(), tags: new Set(), text: '', deep: false,
        cell: '', record: '', tab: '', other: '', otherRecord: '',
    };
}

let state = newState();

function axisNumber(name) {
    return data.axes.findIndex(axis => axis.name === name);
}

/* Of the axes with something to choose from, the one with most values goes down. */
function defaultAxes() {
    const order = data.axes.map((axis, i) => [axis.values.length, i])
        .filter(([length]) => length > 1).sort((a, b) => b[0] - a[0] || a[1] - b[1])
        .map(([, i]) => i);
    return {rows: order[0] ?? -1, columns: order[1] ?? -1};
}

function writeHash() {
    const words = new URLSearchParams();
    const put = (name, value) => value && words.append(name, value);
    put('view', state.view === 'grid' ? '' : state.view);
    const axes = defaultAxes();
    const axisName = i => i < 0 ? '-' : data.axes[i].name;
    put('rows', state.rows === axes.rows ? '' : axisName(state.rows));
    put('columns', state.columns === axes.columns ? '' : axisName(state.columns));
    put('sort', state.sort);
    state.outcomes.forEach(outcome => put('outcome', outcome));
    state.values.forEach((numbers, i) => numbers.forEach(number =>
        put('axis.' + data.axes[i].name, number < 0 ? '-' : data.axes[i].values[number])));
    state.tags.forEach(tag => put('tag', data.tags[tag]));
    state.changes.forEach(change => put('change', change));
    put('text', state.text);
    put('consoles', state.deep && '1');
    put('cell', state.cell);
    if (state.cell) {
        put('record', state.record);
        put('tab', state.tab);
        put('with', state.other);
        put('with-record', state.otherRecord);
    }
    return words.toString();
}

/* Whatever stands there that is not of this run is left out. */
function readHash() {
    const words = new URLSearchParams(location.hash.slice(1));
    const get = name => words.get(name) || '';
    const next = newState();
    const axes = defaultAxes();
    const axis = (name, otherwise) =>
        get(name) === '-' ? -1 : axisNumber(get(name)) >= 0 ? axisNumber(get(name)) : otherwise;
    next.view = VIEWS.includes(get('view')) ? get('view') : 'grid';
    next.rows = axis('rows', axes.rows);
    next.columns = axis('columns', axes.columns);
    next.sort = get('sort');
    next.outcomes = new Set(words.getAll('outcome').filter(word => Object.hasOwn(OUTCOMES, word)));
    next.changes = new Set(words.getAll('change').filter(word => Object.hasOwn(CHANGES, word)));
    data.axes.forEach((each, i) => {
        const numbers = words.getAll('axis.' + each.name)
            .map(value => value === '-' ? -1 : each.values.indexOf(value))
            .filter((number, j, all) => number >= 0 || words.getAll('axis.' + each.name)[j] === '-');
        if (numbers.length) {
            next.values.set(i, new Set(numbers));
        }
    });
    words.getAll('tag').map(tag => data.tags.indexOf(tag)).filter(tag => tag >= 0)
        .forEach(tag => next.tags.add(tag));
    next.text = get('text');
    next.deep = get('consoles') === '1';
    if (data.byName.has(get('cell'))) {
        next.cell = get('cell');
        next.record = get('record');
        next.tab = get('tab');
        next.other = data.byName.has(get('with')) ? get('with') : '';
        next.otherRecord = get('with-record');
    }
    return next;
}

/* `isStep`: Back returns to what was shown before it. */
function change(changes, isStep) {
    Object.assign(state, changes);
    const hash = '#' + writeHash();
    if (hash !== (location.hash || '#')) {
        /* A page that is shown in a frame without an origin, say, may have no history. */
        try {
            history[isStep ? 'pushState' : 'replaceState'](null, '', hash);
        } catch (error) {
            location.replace(hash);
        }
    }
    show();
}

/* ---- which cells are shown ---- */

/* Names of cells whose consoles hold state.text, as far as they were looked through. */
const deepSearch = {text: '', found: new Set(), done: 0, isRunning: false};

function matches(cell, without) {
    if (state.outcomes.size && !state.outcomes.has(cell.outcome) && without !== 'outcomes') {
        return false;
    }
    for (const [i, numbers] of state.values) {
        if (without !== i && !numbers.has(cell.values[i])) {
            return false;
        }
    }
    if (state.tags.size && without !== 'tags' && !cell.tags.some(tag => state.tags.has(tag))) {
        return false;
    }
    if (state.text) {
        return state.text.toLowerCase().split(/\s+/).every(word => cell.text.includes(word)) ||
            (state.deep && deepSearch.found.has(cell));
    }
    return true;
}

async function searchConsoles() {
    const text = state.text.toLowerCase();
    if (deepSearch.text === text) {
        return;
    }
    Object.assign(deepSearch, {text, found: new Set(), done: 0, isRunning: true});
    const cellsOfBlock = new Map();
    for (const cell of data.cells) {
        for (const {block, item} of cell.attempts) {
            if (!cellsOfBlock.has(block)) {
                cellsOfBlock.set(block, []);
            }
            cellsOfBlock.get(block).push([item, cell]);
        }
    }
    let shown = performance.now();
    for (const [block, cells] of cellsOfBlock) {
        const records = await unpack('block-' + block);
        if (deepSearch.text !== text || !state.deep) {
            return;
        }
        for (const [item, cell] of cells) {
            if (records[item][1].console.toLowerCase().includes(text)) {
                deepSearch.found.add(cell);
            }
        }
        deepSearch.done++;
        if (performance.now() - shown > 400) {
            show();
            shown = performance.now();
        }
    }
    deepSearch.isRunning = false;
    show();
}
