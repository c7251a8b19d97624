/* The data of the page: a summary of all cells, and their full records, which are unpacked when
 * they are asked for. matrix/report-html.c writes both. */

const OUTCOMES = {
    'pass': {sign: '\u2713', word: 'passed', good: true},
    'known-failure': {sign: '\u2248', word: 'known failure', good: true},
    'unexpected-pass': {sign: '\u25b2', word: 'unexpected pass', good: false},
    'fail': {sign: '\u2717', word: 'failed', good: false},
    'error': {sign: '!', word: 'error', good: false},
};
/* From best to worst. */
const OUTCOME_ORDER = Object.keys(OUTCOMES);

const CHANGES = {
    'broken': {sign: '\u2717', word: 'newly failing'},
    'fixed': {sign: '\u2713', word: 'fixed'},
    'changed': {sign: '\u2260', word: 'changed'},
    'new': {sign: '+', word: 'new'},
    'gone': {sign: '\u2212', word: 'gone'},
    'detail': {sign: '~', word: 'same verdict, details differ'},
    'same': {sign: '=', word: 'same'},
};

const data = {run: null, before: null, axes: [], tags: [], cells: [], gone: [], byName: null};

async function unpack(id) {
    const packed = atob(document.getElementById(id).textContent);
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) {
        bytes[i] = packed.charCodeAt(i);
    }
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return JSON.parse(await new Response(stream).text());
}

/* The order of the fields is that of add_cell() in report-html.c. */
function readCell(fields, outcomes) {
    const record = place => place && {block: place[0], item: place[1], outcome: outcomes[place[2]]};
    const attempts = fields[8].map(record);
    return {
        name: fields[0],
        index: fields[1],
        outcome: outcomes[fields[2]],
        values: data.axes.map((axis, i) => fields[3][i] ?? -1),
        tags: fields[4],
        reasons: fields[5],
        seconds: fields[6] / 1e6,
        ns: fields[7],
        attempts,
        change: fields[9],
        before: record(fields[10]),
        /* For the search, which looks at what a reader sees of a cell in the list. */
        text: (fields[0] + '\n' + fields[5].join('\n') + '\n' +
               fields[4].map(i => data.tags[i]).join('\n')).toLowerCase(),
        flaky: attempts.some(a => OUTCOMES[a.outcome].good !== OUTCOMES[attempts[0].outcome].good),
        gone: fields[9] === 'gone',
    };
}

/* Values come in the order of the cells. That of numbers is known better. */
function sortAxis(axis, i, cells) {
    if (!axis.values.every(value => /^v?\d+(\.\d+)*[KMG]?$/.test(value))) {
        return;
    }
    const size = value => parseFloat(value.replace('v', '')) *
        ({K: 2 ** 10, M: 2 ** 20, G: 2 ** 30}[value.slice(-1)] || 1);
    const order = axis.values.map((_, number) => number)
        .sort((a, b) => size(axis.values[a]) - size(axis.values[b]) || a - b);
    const places = [];
    order.forEach((number, place) => {
        places[number] = place;
    });
    axis.values = order.map(number => axis.values[number]);
    for (const cell of cells) {
        cell.values[i] = cell.values[i] < 0 ? -1 : places[cell.values[i]];
    }
}

async function readSummary() {
    const summary = await unpack('summary');
    data.run = summary.run;
    data.before = summary.before;
    data.axes = summary.axes;
    data.tags = summary.tags;
    data.blocks = summary.blocks;
    data.cells = summary.cells.map(fields => readCell(fields, summary.outcomes));
    data.gone = summary.gone.map(fields => readCell(fields, summary.outcomes));
    data.axes.forEach((axis, i) => sortAxis(axis, i, data.cells.concat(data.gone)));
    data.byName = new Map(data.cells.concat(data.gone).map(cell => [cell.name, cell]));
}

/* Some blocks are kept: neighbours of a cell are often its block's, too. */
const blocks = new Map();
const BLOCKS_KEPT = 12;

function readBlock(number) {
    let block = blocks.get(number);
    if (!block) {
        block = unpack('block-' + number);
        blocks.set(number, block);
        if (blocks.size > BLOCKS_KEPT) {
            blocks.delete(blocks.keys().next().value);
        }
    }
    return block;
}

/* `which`: '' the last attempt, 'before' that of the earlier run, or an attempt's number. */
async function readRecord(cell, which) {
    const last = cell.attempts[cell.attempts.length - 1];
    let place = last;
    if (which === 'before') {
        /* The same: it is not stored twice. */
        place = cell.before || last;
    } else if (which) {
        place = cell.attempts[Number(which) - 1] || last;
    }
    const [cut, record] = (await readBlock(place.block))[place.item];
    return {cut, record};
}

/* What a group of cells is shown as: of the ways to fail the one that came most often; if none
 * failed, the worst that is good. */
function mainOutcome(counts) {
    const present = OUTCOME_ORDER.filter(outcome => counts[outcome]);
    const bad = present.filter(outcome => !OUTCOMES[outcome].good);
    return bad.sort((a, b) => counts[b] - counts[a])[0] || present[present.length - 1];
}
