/* What the report page does beyond a plain page: plays the film; filters by name and by what a method has; stacks a figure's
 * panels on a phone; sorts the decision table, shows one task or group, plots two columns, writes CSV. */
(function () {
    'use strict';
    document.querySelectorAll('.film').forEach(function (film) {
        var steps = film.dataset.steps.split(' '), range = film.querySelector('input'), timer = null;
        var button = film.querySelector('button'), says = film.querySelector('output');
        var r = Array.from(film.querySelectorAll('[data-r]'));
        var tracks = Array.from(film.querySelectorAll('.track')).map(function (track) {
            var line = track.firstElementChild;
            return {line: line, mark: line.nextElementSibling, at: line.getAttribute('d').split(/[ML]/).slice(1)};
        });

        function show() {
            var k = Number(range.value);
            says.textContent = 'step ' + steps[k];
            range.setAttribute('aria-valuetext', says.textContent);
            r.forEach(function (text) { text.textContent = 'r ' + text.dataset.r.split(' ')[k]; });
            tracks.forEach(function (t) {
                var last = t.at[Math.min(k, t.at.length - 1)];
                if (last !== undefined) {
                    t.line.setAttribute('d', 'M' + t.at.slice(0, k + 1).join('L'));
                    t.mark.setAttribute('transform', 'translate(' + last + ')');
                }
            });
        }

        function stop() {
            clearInterval(timer);
            timer = null;
            button.textContent = 'Play';
        }

        button.addEventListener('click', function () {
            if (timer) {
                stop();
                return;
            }
            range.value = Number(range.value) + 1 >= steps.length ? 0 : range.value;
            show();
            button.textContent = 'Pause';
            timer = setInterval(function () {
                range.value = Number(range.value) + 1;
                show();
                if (Number(range.value) + 1 >= steps.length) {
                    stop();
                }
            }, 8000 / steps.length);
        });
        range.addEventListener('input', function () {
            stop();
            show();
        });
        film.querySelector('[type=checkbox]').addEventListener('change', function (e) {
            film.classList.toggle('alone', !e.target.checked);
        });
    });

    /* A search hides what its selector finds and whose first words have not the text. */
    document.querySelectorAll('[data-filter]').forEach(function (search) {
        search.addEventListener('input', function () {
            var text = search.value.trim().toLowerCase();
            document.querySelectorAll(search.dataset.filter).forEach(function (e) {
                e.classList.toggle('gone', e.firstElementChild.textContent.toLowerCase().indexOf(text) < 0);
            });
            document.dispatchEvent(new Event('filtered'));
        });
    });
    /* Of the methods' table those rows that have all that is ticked. */
    var ticks = Array.from(document.querySelectorAll('[data-tick]')), can = Array.from(document.querySelectorAll('#can tbody tr'));

    function choose() {
        var wanted = ticks.filter(function (tick) { return tick.checked; }).map(function (tick) { return tick.dataset.tick; });
        can.forEach(function (row) {
            var has = row.dataset.has.split(' ');
            row.hidden = wanted.some(function (word) { return has.indexOf(word) < 0; });
        });
        count();
    }

    function count() {
        var shown = can.filter(function (row) { return !row.hidden && !row.classList.contains('gone'); }).length;
        document.querySelectorAll('#can-shown').forEach(function (says) { says.textContent = shown + ' of ' + can.length + ' methods'; });
    }

    ticks.forEach(function (tick) { tick.addEventListener('change', choose); });
    document.addEventListener('filtered', count);
    count();
    document.querySelectorAll('.controls').forEach(function (c) { c.hidden = false; });
}());
(function () {
    'use strict';
    /* On a narrow screen a figure of several panels shows them one below the other: windows on the same drawing, each with the labels
     * at the left of its row where it has none of its own, and the whole of it last, for its legend. A panel is what gnuplot draws
     * a frame for: a path that goes to all its corners and back, whichever sides of it are seen. */
    function frames(svg) {
        var seen = {};
        svg.querySelectorAll('path').forEach(function (path) {
            var n = (path.getAttribute('d') || '').match(/-?[0-9.]+/g), at;
            if (n && n.length === 10 && n[0] === n[2] && n[3] === n[5] && n[4] === n[6] && n[1] === n[7] && n[4] - n[0] > 80) {
                at = {left: Number(n[0]), top: Number(n[1]), right: Number(n[4]), bottom: Number(n[5])};
                seen[[at.left, at.top]] = at;
            }
        });
        return Object.keys(seen).map(function (key) { return seen[key]; });
    }

    function words(svg) {
        return Array.from(svg.querySelectorAll('text')).map(function (text) {
            var box = text.getBBox(), m = svg.getScreenCTM().inverse().multiply(text.getScreenCTM());
            return {x: m.a * box.x + m.c * box.y + m.e, y: m.b * box.x + m.d * box.y + m.f,
                right: m.a * (box.x + box.width) + m.c * (box.y + box.height) + m.e};
        });
    }

    function view(svg, box, id, wide) {
        var e = document.createElementNS(svg.namespaceURI, 'svg'), use = document.createElementNS(svg.namespaceURI, 'use');
        e.setAttribute('viewBox', [box.left, box.top, box.right - box.left, box.bottom - box.top].join(' '));
        e.style.width = wide + '%';
        e.setAttribute('aria-hidden', 'true');
        use.setAttribute('href', '#' + id);
        e.appendChild(use);
        return e;
    }

    function stack(svg, number) {
        var panels = frames(svg), canvas = svg.querySelector('g'), all = words(svg), list = document.createElement('div');
        if (panels.length < 2 || !canvas) {
            return;
        }
        canvas.id = canvas.id || 'canvas-' + number;
        svg.querySelectorAll('text').forEach(function (text) { /* the title stands above the figure */
            if (text.textContent.trim() === svg.closest('figure').getAttribute('aria-label')) {
                text.style.display = 'none';
            }
        });
        list.className = 'stack';
        panels.sort(function (a, b) { return a.top - b.top || a.left - b.left; }).forEach(function (p) {
            var row = panels.filter(function (q) { return Math.abs(q.top - p.top) < 2; });
            var before = row.filter(function (q) { return q.right <= p.left; }).pop();
            var above = panels.filter(function (q) { return q.bottom <= p.top; }).map(function (q) { return q.bottom; });
            var below = panels.filter(function (q) { return q.top >= p.bottom; }).map(function (q) { return q.top; });
            var from = before ? before.right : 0, top = Math.max(p.top - 75, above.length ? Math.max.apply(null, above) + 45 : 0);
            var own = all.some(function (w) {
                return w.x > from - 30 && w.right < p.left && w.y > p.top - 15 && w.y < p.bottom - 5;
            });
            var box = {left: own || !before ? Math.max(from, p.left - (before ? 90 : p.left)) : p.left - 8, right: p.right + 14,
                top: Math.max(0, top), bottom: Math.min(p.bottom + 50, below.length ? Math.min.apply(null, below) - 20 : p.bottom + 50)};
            var first = row[0], labels = {left: 0, right: first.left, top: box.top, bottom: box.bottom};
            var line = document.createElement('div'), wide = box.right - box.left, shared = !own && before;
            var total = wide + (shared ? labels.right : 0);
            if (shared) {
                line.appendChild(view(svg, labels, canvas.id, 100 * labels.right / total));
            }
            line.appendChild(view(svg, box, canvas.id, 100 * wide / total));
            list.appendChild(line);
        });
        svg.parentNode.insertBefore(list, svg);
    }

    var phone = window.matchMedia('(max-width: 40rem)'), done = false;
    function change() {
        if (phone.matches && !done) {
            done = true;
            document.querySelectorAll('figure .wide > svg').forEach(function (svg, i) {
                if (svg.closest('details:not([open])')) {
                    svg.closest('details').addEventListener('toggle', function () { stack(svg, i); }, {once: true});
                } else {
                    stack(svg, i);
                }
            });
        }
    }
    phone.addEventListener('change', change);
    change();
}());
(function () {
    'use strict';
    var table = document.getElementById('decision');
    if (!table) {
        return;
    }
    var heads = Array.from(table.tHead.rows[0].cells), task = '', bodies = Array.from(table.tBodies);
    var rows = Array.from(table.querySelectorAll('tbody tr:not(.group)'));

    function bar(row) {
        return Array.from(row.querySelectorAll('.one')).find(function (one) { return one.dataset.task === task; });
    }

    rows.forEach(function (row) { row.dataset.group = row.parentNode.dataset.group; });

    function shown() {
        return rows.filter(function (row) { return !row.hidden && !row.classList.contains('gone'); });
    }

    /* The number of a cell, or null. */
    function value(row, column) {
        var from = heads[column].dataset.col === 'difference' ? bar(row) : row.cells[column];
        return from && from.dataset.v !== undefined ? Number(from.dataset.v) : null;
    }

    /* The same of a column by name, which need not be in the table. */
    function named(row, name) {
        var column = heads.findIndex(function (head) { return head.dataset.col === name; });
        return column >= 0 ? value(row, column) : row.dataset[name] === undefined ? null : Number(row.dataset[name]);
    }

    function words(row, column) {
        var one = heads[column].dataset.col === 'difference' ? bar(row) : null;
        return (one ? one.querySelector('.tip') : row.cells[column]).textContent.trim();
    }

    function title(column) {
        return heads[column].dataset.title || heads[column].textContent.trim();
    }

    /* Numbers from the better end, words by the alphabet; what has none comes last. All rows become one list. */
    function sort(column, back) {
        var sign = back ? -1 : 1;
        rows.sort(function (a, b) {
            var x = value(a, column), y = value(b, column);
            if (x === null && y === null) {
                return sign * words(a, column).localeCompare(words(b, column));
            }
            return x === null ? 1 : y === null ? -1 : sign * (x - y);
        });
        rows.forEach(function (row) { bodies[0].appendChild(row); });
        table.querySelectorAll('.group').forEach(function (head) { head.hidden = true; });
        heads.forEach(function (head, i) {
            head.setAttribute('aria-sort', i !== column ? 'none' : back ? 'descending' : 'ascending');
        });
    }

    heads.forEach(function (head, column) {
        var button = document.createElement('button'), axis = head.querySelector('svg');
        button.type = 'button';
        button.textContent = head.textContent.replace(axis ? axis.textContent : '', '').trim();
        if (axis) {
            head.dataset.title = button.textContent;
        }
        head.textContent = '';
        head.appendChild(button);
        if (axis) {
            head.appendChild(axis);
        }
        button.addEventListener('click', function () {
            var was = head.getAttribute('aria-sort');
            sort(column, was === 'ascending' || (was !== 'descending' && head.dataset.good === 'high'));
        });
    });

    /* ---- Tasks and groups ---- */

    function choose(name, act) {
        var buttons = document.querySelectorAll('[data-' + name + ']');
        buttons.forEach(function (button) {
            button.addEventListener('click', function () {
                act(button.dataset[name]);
                buttons.forEach(function (b) { b.setAttribute('aria-pressed', String(b === button)); });
                plot();
            });
        });
    }

    /* A group whose rows are all hidden has no heading. */
    function headings() {
        var seen = shown();
        bodies.forEach(function (body) {
            body.classList.toggle('gone', !seen.some(function (row) { return row.parentNode === body; }));
        });
    }

    choose('show', function (which) {
        task = which;
        table.querySelectorAll('.one').forEach(function (one) { one.hidden = one.dataset.task !== task; });
        heads.forEach(function (head, i) { /* what was sorted by the difference is sorted by that of this task */
            if (head.dataset.col === 'difference' && head.getAttribute('aria-sort') !== 'none' && head.hasAttribute('aria-sort')) {
                sort(i, head.getAttribute('aria-sort') === 'descending');
            }
        });
    });
    choose('rows', function (which) {
        rows.forEach(function (row) { row.hidden = which !== '' && row.dataset.group !== which; });
        headings();
    });
    document.addEventListener('filtered', function () {
        headings();
        plot();
    });

    /* ---- CSV ---- */

    function quoted(text) {
        return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }

    function save(name, lines) {
        var link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob([lines.join('\n') + '\n'], {type: 'text/csv'}));
        link.download = name + (task ? '-' + task : '') + '.csv';
        link.click();
        URL.revokeObjectURL(link.href);
    }

    document.getElementById('csv').addEventListener('click', function () {
        save('decision', [heads.map(function (head, i) { return quoted(title(i)); }).join(',')].concat(shown().map(function (row) {
            return heads.map(function (head, i) {
                var v = value(row, i);
                return v !== null ? String(v) : i && head.dataset.good ? '' : quoted(words(row, i));
            }).join(',');
        })));
    });

    /* ---- Two columns ---- */

    var across = document.getElementById('across'), up = document.getElementById('up'), names = document.getElementById('named');
    var W = 860, H = 460, EDGE = 48, drawn = []; /* W: as wide as the page, so that its words keep their size on a phone */

    function shape(name, attributes, text) {
        var e = document.createElementNS(table.querySelector('svg').namespaceURI, name);
        Object.keys(attributes).forEach(function (key) { e.setAttribute(key, attributes[key]); });
        if (text) {
            e.textContent = text;
        }
        return e;
    }

    /* Positive values that span more than a decade stand on a log axis, zero among the others or not. */
    function isLog(values) {
        var some = values.filter(function (v) { return v !== 0; });
        return Math.min.apply(null, some) > 0 && Math.max.apply(null, some) / Math.min.apply(null, some) > 10;
    }

    /* Where a value stands between `from` and `to`. */
    function scale(values, log, from, to) {
        var least = Math.min.apply(null, values), most = Math.max.apply(null, values);
        var of = log ? Math.log : function (v) { return v; }, low = of(least), span = of(most) - low || 1;
        return {at: function (v) { return from + (to - from) * (of(v) - low) / span; }, least: least, most: most};
    }

    /* The points that no other beats in both columns, from left to right. */
    function front(points, goodX, goodY) {
        function better(a, b, key, good) { return good === 'high' ? a[key] >= b[key] : a[key] <= b[key]; }
        return points.filter(function (p) {
            return !points.some(function (q) {
                return q !== p && better(q, p, 'x', goodX) && better(q, p, 'y', goodY) && (q.x !== p.x || q.y !== p.y);
            });
        }).sort(function (a, b) { return a.x - b.x || a.y - b.y; });
    }

    function short(v) {
        return String(Number(v.toPrecision(3)));
    }

    function text(list) {
        return list.selectedOptions[0].textContent + (task && list.value === 'difference' ? ' on ' + task : '');
    }

    /* A mark that has the keyboard or the pointer says its value, above all others. */
    function lower() {
        document.querySelectorAll('#plane .over').forEach(function (e) { e.remove(); });
    }

    function raise(mark) {
        var over = mark.cloneNode(true);
        lower();
        over.setAttribute('class', 'over');
        over.setAttribute('aria-hidden', 'true');
        over.removeAttribute('tabindex');
        mark.parentNode.appendChild(over);
    }

    function plot() {
        var plane = document.getElementById('plane');
        W = Math.max(320, Math.min(860, plane.clientWidth));
        var room = W < 600 ? 110 : 200, good = [across, up].map(function (list) {
            return list.selectedOptions[0].dataset.good;
        });
        var points = shown().map(function (row) {
            return {x: named(row, across.value), y: named(row, up.value), name: words(row, 0),
                color: row.querySelector('circle').getAttribute('fill')};
        }).filter(function (p) { return p.x !== null && p.y !== null; });
        plane.textContent = '';
        document.getElementById('off').textContent = '';
        drawn = [];
        if (!points.length) {
            return;
        }
        var logX = isLog(points.map(function (p) { return p.x; })), logY = isLog(points.map(function (p) { return p.y; }));
        var off = points.filter(function (p) { return (logX && p.x <= 0) || (logY && p.y <= 0); });
        points = points.filter(function (p) { return off.indexOf(p) < 0; });
        document.getElementById('off').textContent = off.length ? 'Zero, and so not on the log axis: ' +
            off.map(function (p) { return p.name; }).join(', ') + '.' : '';
        var sx = scale(points.map(function (p) { return p.x; }), logX, EDGE + 20, W - room);
        var sy = scale(points.map(function (p) { return p.y; }), logY, H - EDGE - 16, 24);
        var best = front(points, good[0], good[1]), few = points.length <= 20 || names.checked;
        var svg = shape('svg', {viewBox: '0 0 ' + W + ' ' + H, role: 'group',
            'aria-label': text(up) + ' over ' + text(across) + ', ' + points.length + ' methods'});
        svg.appendChild(shape('path', {'class': 'edge', d: 'M' + EDGE + ' 8V' + (H - EDGE) + 'H' + W}));
        svg.appendChild(shape('path', {'class': 'front', d: 'M' + best.map(function (p) {
            return sx.at(p.x) + ' ' + sy.at(p.y);
        }).join('L')}));
        [[sx.least, sx.at(sx.least)], [sx.most, sx.at(sx.most)]].forEach(function (t) {
            svg.appendChild(shape('text', {x: t[1], y: H - EDGE + 16, 'text-anchor': 'middle'}, short(t[0])));
        });
        [[sy.least, sy.at(sy.least)], [sy.most, sy.at(sy.most)]].forEach(function (t) {
            svg.appendChild(shape('text', {x: EDGE - 4, y: t[1] + 4, 'text-anchor': 'end'}, short(t[0])));
        });
        svg.appendChild(shape('text', {x: W / 2, y: H - 8, 'text-anchor': 'middle'}, text(across) + (logX ? ' (log)' : '')));
        svg.appendChild(shape('text', {x: -H / 2, y: 12, 'text-anchor': 'middle', transform: 'rotate(-90)'},
            text(up) + (logY ? ' (log)' : '')));
        var taken = [], lowest = H;
        points.sort(function (a, b) { return sy.at(a.y) - sy.at(b.y); }).forEach(function (p) {
            var x = sx.at(p.x), y = sy.at(p.y), told = few || best.indexOf(p) >= 0 || p.name === 'LoRA';
            var mark = shape('g', {'class': told ? 'point told' : 'point', tabindex: 0, role: 'img',
                'aria-label': p.name + ': ' + short(p.x) + ', ' + short(p.y)});
            mark.appendChild(shape('title', {}, p.name + ': ' + short(p.x) + ', ' + short(p.y)));
            var line = y + 4; /* names keep clear of those above them */
            while (told && taken.some(function (t) { return Math.abs(t.y - line) < 13 && Math.abs(t.x - x) < 150; })) {
                line += 4;
            }
            if (told) {
                taken.push({x: x, y: line});
            }
            mark.appendChild(shape('path', {'class': 'lead', d: 'M' + x + ' ' + y + 'L' + (x + 14) + ' ' + (line - 4)}));
            mark.appendChild(shape('circle', {cx: x, cy: y, r: 5, fill: p.color}));
            var said = shape('text', W < 600 && x > W / 2 ? {x: x - 10, y: line, 'text-anchor': 'end'} : {x: x + 16, y: line}, p.name);
            said.appendChild(shape('tspan', {'class': 'value', x: said.getAttribute('x'), dy: 16}, short(p.x) + ', ' + short(p.y)));
            mark.appendChild(said);
            svg.appendChild(mark);
            ['focus', 'mouseenter'].forEach(function (event) { mark.addEventListener(event, function () { raise(mark); }); });
            ['blur', 'mouseleave'].forEach(function (event) { mark.addEventListener(event, lower); });
            drawn.push([quoted(p.name), p.x, p.y, best.indexOf(p) >= 0].join(','));
        });
        taken.forEach(function (t) { lowest = Math.max(lowest, t.y + 8); });
        svg.setAttribute('viewBox', '0 0 ' + W + ' ' + lowest); /* names that found no room above stand below the axis */
        plane.appendChild(svg);
    }

    document.getElementById('plot-csv').addEventListener('click', function () {
        save('plot', ['Method,' + quoted(text(across)) + ',' + quoted(text(up)) + ',on the front'].concat(drawn));
    });
    across.value = 'stored';
    up.value = 'difference';
    [across, up, names].forEach(function (e) { e.addEventListener('change', plot); });
    window.addEventListener('resize', plot);
    document.getElementById('scatter').hidden = false;
    plot();
}());
