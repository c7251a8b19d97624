/* Text for people: numbers with units, console output, and making elements of it. Text only ever
 * becomes a text node: nothing here can make HTML of what a guest wrote. */

function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) {
            continue;
        }
        if (name.startsWith('on')) {
            element.addEventListener(name.slice(2), value);
        } else {
            element.setAttribute(name, value === true ? '' : value);
        }
    }
    element.append(...children.filter(child => child !== null && child !== undefined));
    return element;
}

function drawing(tag, attributes, ...children) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

const count = number => number.toLocaleString('en');
const plural = (number, one, many) => count(number) + ' ' + (number === 1 ? one : many);

function significant(value) {
    return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function formatSeconds(seconds) {
    if (seconds >= 3600) {
        return Math.floor(seconds / 3600) + ' h ' + Math.round(seconds % 3600 / 60) + ' min';
    }
    if (seconds >= 100) {
        return Math.floor(seconds / 60) + ' min ' + Math.round(seconds % 60) + ' s';
    }
    return seconds >= 1 ? significant(seconds) + ' s'
        : seconds >= 1e-3 ? significant(seconds * 1e3) + ' ms'
        : seconds > 0 ? significant(seconds * 1e6) + ' \u00b5s' : '0 s';
}

function formatNs(ns) {
    return ns >= 1000 || ns === 0 ? formatSeconds(ns / 1e9) : ns + ' ns';
}

function formatBytes(bytes) {
    for (const [size, unit] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']]) {
        if (bytes >= size) {
            return significant(bytes / size) + ' ' + unit;
        }
    }
    return plural(bytes, 'byte', 'bytes');
}

function formatDate(seconds) {
    return seconds ? new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC'
        : '';
}

function shellWord(word) {
    return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

/* A cell's name, which may be broken after a comma rather than within a value. */
function nameParts(name) {
    return name.split(',').flatMap((part, i, all) =>
        i < all.length - 1 ? [part + ',', make('wbr')] : [part]);
}

function badge(outcome) {
    const {sign, word} = OUTCOMES[outcome];
    return make('span', {class: 'badge ' + outcome},
        make('span', {class: 'sign', 'aria-hidden': 'true'}, sign), word);
}

function sign(outcome) {
    const {sign, word} = OUTCOMES[outcome];
    return make('span', {class: 'sign ' + outcome, role: 'img', 'aria-label': word, title: word},
        sign);
}

/* ---- console output ---- */

/* Control sequences; control strings, which end within their line; other escapes. */
const ESCAPES =
    /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\n\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ`-~\\]/g;

function pictures(text) {
    return text.replace(/[\x00-\x08\x0b-\x1f]/g,
            character => String.fromCharCode(0x2400 + character.charCodeAt(0)))
        .replace(/\x7f/g, '\u2421').replace(/[\x80-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/* What "select graphic rendition" makes of a style; other colours than the 16 are left out. */
function rendition(style, parameters) {
    const codes = parameters.split(/[;:]/).map(Number);
    for (let i = 0; i < codes.length; i++) {
        const code = codes[i];
        if (code === 0 || Number.isNaN(code)) {
            style = {};
        } else if (code === 1) {
            style = {...style, bold: true};
        } else if (code === 22) {
            style = {...style, bold: false};
        } else if (code === 7 || code === 27) {
            style = {...style, inverse: code === 7};
        } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
            style = {...style, fore: code >= 90 ? code - 82 : code - 30};
        } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
            style = {...style, back: code >= 100 ? code - 92 : code - 40};
        } else if (code === 39) {
            style = {...style, fore: undefined};
        } else if (code === 49) {
            style = {...style, back: undefined};
        } else if (code === 38 || code === 48) {
            i += codes[i + 1] === 2 ? 4 : 2;
        }
    }
    return style;
}

function styleClass({bold, inverse, fore, back}) {
    return [bold && 'bold', inverse && 'inverse', fore !== undefined && 'fore-' + fore,
        back !== undefined && 'back-' + back].filter(Boolean).join(' ');
}

/* Lines: arrays of [text, class]. */
function readConsole(text) {
    const lines = [[]];
    let style = {};
    const add = plain => {
        plain.split('\n').forEach((part, i) => {
            if (i > 0) {
                lines.push([]);
            }
            if (part) {
                lines[lines.length - 1].push([pictures(part), styleClass(style)]);
            }
        });
    };
    text = text.replace(/\r+\n|\r/g, '\n');
    let from = 0;
    for (const found of text.matchAll(ESCAPES)) {
        add(text.slice(from, found.index));
        from = found.index + found[0].length;
        if (found[2] === 'm' && !/[<-?]/.test(found[1])) {
            style = rendition(style, found[1]);
        }
    }
    add(text.slice(from));
    if (lines[lines.length - 1].length === 0) {
        lines.pop();
    }
    return lines;
}

const lineText = line => line.map(([text]) => text).join('');
