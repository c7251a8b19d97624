/* The calls of a cell in time: a lane for each CPU, a sign for each call whose shape says what
 * became of it, and the same as a list. */

const LANE = 34, LEFT = 52, TOP = 22;
const VERDICTS = {
    handled: 'handled by the service', trapped: 'trapped: taken as an exception',
    unclaimed: 'unclaimed: no service answered',
};

/* A round step of time that gives at most so many ticks. */
function tickStep(span, most) {
    const rough = Math.max(1, span / most), power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map(digit => digit * power).find(step => step >= rough);
}

/* Shapes of one verdict as one path: a thousand elements would be slow. */
function shapes(verdict, places) {
    return places.map(([x, y]) => verdict === 'handled' ? `M${x} ${y - 8}v16`
        : verdict === 'trapped' ? `M${x} ${y - 7}l6 12h-12z`
        : `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`).join('');
}

function callName(names, event) {
    return names.get(event.conduit + event.id) || '';
}

function namesOf(record) {
    return new Map(record.counts.filter(each => each.name)
        .map(each => [each.conduit + each.id, each.name]));
}

function describeEvent(names, event) {
    const name = callName(names, event);
    return `${formatNs(event.ns)} \u00b7 cpu${event.cpu} \u00b7 ${event.conduit} ${event.id}` +
        (name ? ` ${name}` : '') + ` \u00b7 ${event.verdict}` +
        (event.service ? ` by ${event.service}` : '') +
        (event.verdict === 'handled' && event.result !== undefined ? `, x0 = ${event.result}` : '');
}

class Timeline {
    constructor(record) {
        this.events = record.events.map((event, order) => ({...event, order}));
        this.names = namesOf(record);
        const highest = this.events.reduce((cpu, event) => Math.max(cpu, event.cpu), 0);
        this.lanes = Math.max(record.cpus.length, highest + 1);
        this.isEven = false;
        this.selected = -1;
        this.svg = drawing('svg', {class: 'lanes', height: TOP + this.lanes * LANE + 6});
        this.line = make('p', {class: 'event-line', role: 'status'});
        this.frame = make('div', {
            class: 'lanes-frame', tabindex: 0, role: 'application',
            'aria-label': 'Calls by CPU in time. Left and right go from call to call, plus and minus zoom.',
            onkeydown: event => this.key(event), onclick: event => this.click(event),
        }, this.svg);
        this.frame.addEventListener('wheel', event => this.wheel(event), {passive: false});
        this.fit();
        this.element = make('div', {class: 'timeline'}, this.tools(record), this.frame,
            this.line, this.list());
        this.element.timeline = this;
        new ResizeObserver(() => this.draw()).observe(this.frame);
    }

    tools(record) {
        const even = make('input', {type: 'checkbox'});
        even.addEventListener('change', () => {
            this.isEven = even.checked;
            this.fit();
            this.draw();
        });
        const button = (label, text, act) =>
            make('button', {type: 'button', 'aria-label': label, title: label, onclick: act}, text);
        const legend = make('span', {class: 'legend'});
        for (const [verdict, meaning] of Object.entries(VERDICTS)) {
            if (this.events.some(event => event.verdict === verdict)) {
                legend.append(make('span', {title: meaning},
                    drawing('svg', {width: 16, height: 18, class: 'lanes', 'aria-hidden': 'true'},
                        drawing('path', {class: verdict, d: shapes(verdict, [[8, 9]])})),
                    verdict));
            }
        }
        const dropped = record['events-dropped'];
        return make('div', {class: 'tools'},
            button('Zoom in', '+', () => this.zoom(0.5)),
            button('Zoom out', '\u2212', () => this.zoom(2)),
            button('Show all', 'all', () => {
                this.fit();
                this.draw();
            }),
            make('label', {title: 'The order of the calls, without regard to time'}, even,
                ' even steps'), legend,
            make('span', {class: 'extent'}, plural(this.events.length, 'call', 'calls'),
                dropped ? ` (${count(dropped)} later ones were not kept)` : ''));
    }

    print() {
        this.draw();
        this.rows.print();
    }

    at(event) {
        return this.isEven ? event.order : event.ns;
    }

    fit() {
        const first = this.events[0], last = this.events[this.events.length - 1];
        let low = this.at(first), high = this.at(last);
        /* The calls of real CPUs may come out of order. */
        for (const event of this.events) {
            low = Math.min(low, this.at(event));
            high = Math.max(high, this.at(event));
        }
        const margin = Math.max(1, high - low) * 0.03;
        this.window = [low - margin, high + margin];
        this.whole = [...this.window];
    }

    zoom(factor, around) {
        const [from, to] = this.window, whole = this.whole[1] - this.whole[0];
        const selected = this.events[this.selected];
        around = around ?? (selected ? this.at(selected) : (from + to) / 2);
        const span = Math.min(whole, Math.max(whole / 1e6, (to - from) * factor));
        const start = around - span * Math.min(1, Math.max(0, (around - from) / (to - from)));
        this.show(start, span);
    }

    show(start, span) {
        start = Math.max(this.whole[0], Math.min(this.whole[1] - span, start));
        this.window = [start, start + span];
        this.draw();
    }

    x(value) {
        const [from, to] = this.window;
        return LEFT + (value - from) / (to - from) * (this.width - LEFT - 14);
    }

    y(cpu) {
        return TOP + cpu * LANE + LANE / 2;
    }

    draw() {
        this.width = this.frame.clientWidth || 600;
        this.svg.setAttribute('width', this.width);
        const parts = [];
        for (let cpu = 0; cpu < this.lanes; cpu++) {
            parts.push(drawing('line', {class: 'lane', x1: LEFT, x2: this.width - 8,
                y1: this.y(cpu), y2: this.y(cpu)}),
            drawing('text', {x: 4, y: this.y(cpu) + 4, class: 'cpu'}, 'cpu' + cpu));
        }
        parts.push(...this.ticks());
        const places = {handled: [], trapped: [], unclaimed: []};
        for (const event of this.events) {
            const x = this.x(this.at(event));
            if (x >= LEFT - 6 && x <= this.width && places[event.verdict]) {
                places[event.verdict].push([x.toFixed(1), this.y(event.cpu)]);
            }
        }
        for (const [verdict, all] of Object.entries(places)) {
            parts.push(drawing('path', {class: verdict, d: shapes(verdict, all)}));
        }
        const selected = this.events[this.selected];
        if (selected) {
            const x = this.x(this.at(selected));
            parts.push(drawing('rect', {class: 'selected', x: x - 8,
                y: this.y(selected.cpu) - 12, width: 16, height: 24, rx: 3}));
        }
        this.svg.replaceChildren(...parts);
        this.line.textContent = selected ? describeEvent(this.names, selected)
            : 'Click a call, or move with the left and right arrow keys.';
    }

    ticks() {
        const [from, to] = this.window, parts = [];
        const step = tickStep(to - from, Math.max(2, this.width / 110));
        for (let at = Math.ceil(Math.max(0, from) / step) * step; at <= to; at += step) {
            const x = this.x(at);
            if (x < LEFT) {
                continue;
            }
            parts.push(drawing('line', {class: 'tick', x1: x, x2: x, y1: TOP - 4,
                y2: TOP + this.lanes * LANE}),
            drawing('text', {x, y: 12, class: 'time', 'text-anchor': 'middle'},
                this.isEven ? count(at + 1) : formatNs(at)));
        }
        return parts;
    }

    select(number) {
        this.selected = Math.max(0, Math.min(this.events.length - 1, number));
        const at = this.at(this.events[this.selected]), [from, to] = this.window;
        if (at < from || at > to) {
            this.show(at - (to - from) / 2, to - from);
        } else {
            this.draw();
        }
        if (this.rows.active.row !== this.selected) {
            this.rows.move(this.selected, 0);
        }
    }

    key(event) {
        const span = this.window[1] - this.window[0];
        const acts = {
            ArrowRight: () => this.select(this.selected + 1),
            ArrowLeft: () => this.select(this.selected - 1),
            Home: () => this.select(0), End: () => this.select(this.events.length - 1),
            '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2),
            PageDown: () => this.show(this.window[0] + span * 0.8, span),
            PageUp: () => this.show(this.window[0] - span * 0.8, span),
        };
        if (acts[event.key] && !event.ctrlKey && !event.metaKey) {
            acts[event.key]();
            event.preventDefault();
        }
    }

    click(event) {
        const box = this.svg.getBoundingClientRect();
        const x = event.clientX - box.left, y = event.clientY - box.top;
        let nearest = -1, distance = Infinity;
        this.events.forEach((each, i) => {
            const far = Math.abs(this.x(this.at(each)) - x) + Math.abs(this.y(each.cpu) - y);
            if (far < distance) {
                [nearest, distance] = [i, far];
            }
        });
        this.select(nearest);
    }

    /* A wheel alone scrolls the page, as everywhere. */
    wheel(event) {
        if (event.ctrlKey) {
            const [from, to] = this.window;
            const part = (event.offsetX - LEFT) / (this.width - LEFT);
            this.zoom(event.deltaY > 0 ? 1.3 : 0.77, from + part * (to - from));
            event.preventDefault();
        }
    }

    list() {
        const heads = ['Time', 'After', 'CPU', 'Call', 'Verdict', 'Service', 'x0'];
        this.rows = new Rows({
            label: 'Calls in their order',
            tracks: [[9, false], [10, false], [6, false], [28, true], [10, false], [9, false],
                [19, false]],
            heads: heads.map(head => make('div', {}, head)),
            length: this.events.length,
            row: i => {
                const event = this.events[i], before = this.events[i - 1];
                return [formatNs(event.ns),
                    before && event.ns >= before.ns ? '+' + formatNs(event.ns - before.ns) : '',
                    String(event.cpu),
                    `${event.conduit} ${event.id} ${callName(this.names, event)}`,
                    event.verdict, event.service || '\u2014',
                    event.verdict === 'handled' ? event.result : '',
                ].map(text => make('div', {title: text}, text));
            },
            open: row => this.select(row),
            onmove: row => row === this.selected || this.select(row),
        });
        this.rows.element.classList.add('events');
        return this.rows.element;
    }
}

function timelineView({record}) {
    return record.events.length ? new Timeline(record).element
        : make('p', {class: 'nothing'}, 'No call was kept.');
}
