/* Rows of one height, of which only those in sight are in the document: that is what makes
 * 10,000 cells as quick as ten. To assistive technology it is a grid of all of them; the arrow
 * keys move in it, Enter opens. */

const SPARE_ROWS = 8;
const PRINTED_ROWS = 5000;

class Rows {
    /*
     * label; tracks: of each column its least width in ch and whether it grows; heads: elements;
     * length: of rows; row(i): its elements; rowClass(i); open(row, column); byCell: the arrow
     * keys move sideways, too; first: the first column that can be moved to;
     * onmove(row, column).
     */
    constructor(options) {
        Object.assign(this, options);
        this.first = options.first || 0;
        this.active = {row: 0, column: this.first};
        this.rendered = new Map();
        this.id = 'r' + Rows.made++;
        this.head = make('div', {class: 'row head', role: 'row', 'aria-rowindex': 1},
            ...this.heads.map(head => {
                head.setAttribute('role', 'columnheader');
                return head;
            }));
        this.space = make('div', {class: 'space', role: 'presentation'});
        this.element = make('div', {
            class: 'rows' + (this.byCell ? ' by-cell' : ''), role: 'grid', tabindex: 0,
            'aria-label': this.label, 'aria-rowcount': this.length + 1,
            'aria-colcount': this.heads.length,
            onscroll: () => this.render(), onkeydown: event => this.key(event),
            onclick: event => this.click(event), onfocus: () => this.render(),
        }, this.head, this.space);
        this.element.style.setProperty('--tracks', this.tracks.map(([least, grows]) =>
            grows ? `minmax(${least}ch, 1fr)` : `${least}ch`).join(' '));
        this.element.style.setProperty('--least',
            this.tracks.reduce((sum, [least]) => sum + least, 0) + 'ch');
        this.observer = new ResizeObserver(() => this.measure());
        this.observer.observe(this.element);
    }

    measure() {
        const height = parseFloat(getComputedStyle(this.element).getPropertyValue('--row-height'));
        if (height && height !== this.height) {
            this.height = height;
            this.space.style.height = height * this.length + 'px';
            this.clear();
        }
        this.render();
    }

    clear() {
        this.rendered.forEach(element => element.remove());
        this.rendered.clear();
    }

    make(i) {
        const cells = this.row(i);
        cells.forEach((cell, column) => {
            cell.setAttribute('role', column < this.first ? 'rowheader' : 'gridcell');
            cell.id = `${this.id}-${i}-${column}`;
        });
        const element = make('div', {
            class: 'row ' + (this.rowClass ? this.rowClass(i) : ''), role: 'row',
            'aria-rowindex': i + 2, id: `${this.id}-${i}`, 'data-row': i,
        }, ...cells);
        element.style.top = i * this.height + 'px';
        return element;
    }

    render() {
        if (!this.height || this.isPrinting) {
            return;
        }
        const top = this.element.scrollTop, height = this.element.clientHeight;
        const from = Math.max(0, Math.floor(top / this.height) - SPARE_ROWS);
        const to = Math.min(this.length, Math.ceil((top + height) / this.height) + SPARE_ROWS);
        for (const [i, element] of this.rendered) {
            if (i < from || i >= to) {
                element.remove();
                this.rendered.delete(i);
            }
        }
        for (let i = from; i < to; i++) {
            if (!this.rendered.has(i)) {
                const element = this.make(i);
                this.rendered.set(i, element);
                this.space.append(element);
            }
        }
        this.mark();
    }

    mark() {
        this.space.querySelectorAll('.active').forEach(each => each.classList.remove('active'));
        const {row, column} = this.active;
        const id = this.byCell ? `${this.id}-${row}-${column}` : `${this.id}-${row}`;
        const element = document.getElementById(id);
        if (element) {
            element.classList.add('active');
            this.element.setAttribute('aria-activedescendant', id);
        } else {
            this.element.removeAttribute('aria-activedescendant');
        }
    }

    /* After something about the rows' looks changed. */
    refresh() {
        this.clear();
        this.render();
    }

    move(row, column) {
        row = Math.max(0, Math.min(this.length - 1, row));
        column = Math.max(this.first, Math.min(this.heads.length - 1, column));
        this.active = {row, column};
        const head = this.head.offsetHeight;
        const top = row * this.height, view = this.element.clientHeight - head;
        if (top < this.element.scrollTop) {
            this.element.scrollTop = top;
        } else if (top + this.height > this.element.scrollTop + view) {
            this.element.scrollTop = top + this.height - view;
        }
        this.render();
        if (this.byCell) {
            const cell = document.getElementById(`${this.id}-${row}-${column}`);
            cell?.scrollIntoView({block: 'nearest', inline: 'nearest'});
        }
        this.onmove?.(row, column);
    }

    key(event) {
        if (event.target !== this.element || event.altKey || event.metaKey || !this.length) {
            return;
        }
        const {row, column} = this.active;
        const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 2);
        const last = this.heads.length - 1;
        const ends = event.ctrlKey || !this.byCell;
        const moves = {
            ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
            PageUp: [row - page, column], PageDown: [row + page, column],
            Home: [ends ? 0 : row, this.first], End: [ends ? this.length - 1 : row, last],
        };
        if (this.byCell) {
            moves.ArrowLeft = [row, column - 1];
            moves.ArrowRight = [row, column + 1];
        }
        if (event.key in moves) {
            this.move(...moves[event.key]);
        } else if (event.key === 'Enter' || event.key === ' ') {
            this.open(row, column);
        } else {
            return;
        }
        event.preventDefault();
    }

    click(event) {
        const row = event.target.closest('.row:not(.head)');
        if (!row) {
            return;
        }
        const cell = event.target.closest('[role=gridcell], [role=rowheader]');
        const column = cell ? [...row.children].indexOf(cell) : this.first;
        this.active = {row: Number(row.dataset.row), column: Math.max(this.first, column)};
        this.mark();
        this.open(this.active.row, column);
    }

    /* For print, all rows stand in the page, as far as that is sensible. */
    print() {
        this.isPrinting = true;
        const length = Math.min(this.length, PRINTED_ROWS);
        for (let i = 0; i < length; i++) {
            this.space.append(this.make(i));
        }
        if (length < this.length) {
            this.space.append(make('p', {}, `${count(this.length - length)} more are not printed.`));
        }
    }

    close() {
        this.observer.disconnect();
    }
}

Rows.made = 0;
