/* A cell's console: its lines in the colours that the guest asked for, and a search. */

const CONSOLE_LINES = 20000;

/* The places of a text in a line, without regard to case. */
function placesIn(line, wanted) {
    const places = [];
    const text = lineText(line).toLowerCase();
    for (let at = text.indexOf(wanted); wanted && at >= 0; at = text.indexOf(wanted, at)) {
        places.push([at, at + wanted.length]);
        at += wanted.length;
    }
    return places;
}

/* A line's pieces, cut where a place begins or ends. */
function lineElement(line, places) {
    const element = make('div', {class: 'line'});
    let at = 0;
    for (const [text, name] of line) {
        let from = 0;
        for (const [start, end] of places) {
            const first = Math.max(from, start - at), last = Math.min(text.length, end - at);
            if (first >= last) {
                continue;
            }
            if (first > from) {
                element.append(make('span', {class: name || null}, text.slice(from, first)));
            }
            element.append(make('mark', {class: name || null}, text.slice(first, last)));
            from = last;
        }
        if (from < text.length) {
            const rest = text.slice(from);
            element.append(name ? make('span', {class: name}, rest) : rest);
        }
        at += text.length;
    }
    if (!line.length) {
        element.append('\u200b');
    }
    return element;
}

function consoleView({cut, record}) {
    const all = readConsole(record.console);
    const lines = all.slice(-CONSOLE_LINES);
    const output = make('div', {
        class: 'console', tabindex: 0, role: 'region', 'aria-label': 'Console output',
    });
    const input = make('input', {
        type: 'search', placeholder: 'Find in this console', 'aria-label': 'Find in this console',
        class: 'find', autocomplete: 'off', spellcheck: 'false',
    });
    const status = make('span', {class: 'status', role: 'status'});
    let marks = [], at = -1;

    const go = step => {
        if (!marks.length) {
            return;
        }
        marks[at]?.classList.remove('here');
        at = (at + step + marks.length) % marks.length;
        marks[at].classList.add('here');
        marks[at].scrollIntoView({block: 'center'});
        status.textContent = `${count(at + 1)} of ${count(marks.length)}`;
    };
    const find = () => {
        const wanted = input.value.toLowerCase();
        lines.forEach((line, i) => {
            const places = placesIn(line, wanted);
            const old = output.children[i];
            if (places.length || old.querySelector('mark')) {
                old.replaceWith(lineElement(line, places));
            }
        });
        marks = [...output.querySelectorAll('mark')];
        at = -1;
        status.textContent = !wanted ? '' : marks.length ? '' : 'not found';
        if (wanted) {
            go(1);
        }
    };

    output.append(...lines.map(line => lineElement(line, [])));
    input.addEventListener('input', find);
    input.addEventListener('keydown', event => {
        if (event.key === 'Enter') {
            go(event.shiftKey ? -1 : 1);
            event.preventDefault();
        }
    });
    const bar = make('div', {class: 'tools'}, input,
        make('button', {type: 'button', onclick: () => go(-1), 'aria-label': 'Previous place'}, '\u2191'),
        make('button', {type: 'button', onclick: () => go(1), 'aria-label': 'Next place'}, '\u2193'),
        status,
        make('span', {class: 'extent'}, plural(all.length, 'line', 'lines')));
    const notes = [];
    if (cut || all.length > lines.length) {
        notes.push(`This page has the end of the console only; the journal of the run has ${
            cut ? formatBytes(cut) + ' more before it' : 'all of it'}.`);
    }
    if (record['console-dropped']) {
        notes.push(`${formatBytes(record['console-dropped'])} were over the cell's limit of ` +
            'output and are lost.');
    }
    const view = make('div', {class: 'console-view'},
        lines.length ? bar : null, ...notes.map(note => make('p', {class: 'note'}, note)),
        lines.length ? output : make('p', {class: 'nothing'}, 'The guest wrote nothing.'));
    view.find = input;
    return view;
}
