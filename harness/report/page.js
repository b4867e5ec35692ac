/* What the report page does beyond a plain page: plays the film; sorts the decision table, shows one task, plots two columns,
 * writes CSV. */
(function () {
    'use strict';
    document.querySelectorAll('.film').forEach(function (film) {
        var steps = film.dataset.steps.split(' '), range = film.querySelector('input'), timer = null;
        var button = film.querySelector('button'), says = film.querySelector('output');
        var tracks = Array.from(film.querySelectorAll('.track')).map(function (track) {
            var line = track.firstElementChild;
            return {line: line, mark: line.nextElementSibling, at: line.getAttribute('d').split(/[ML]/).slice(1)};
        });

        function show() {
            var k = Number(range.value);
            says.textContent = 'step ' + steps[k];
            range.setAttribute('aria-valuetext', says.textContent);
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
            }, Math.min(800, 8000 / steps.length));
        });
        range.addEventListener('input', function () {
            stop();
            show();
        });
        film.querySelector('.controls').hidden = false;
    });
}());
(function () {
    'use strict';
    var table = document.getElementById('decision');
    if (!table) {
        return;
    }
    var body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells), rows = Array.from(body.rows), task = '';

    function bar(row) {
        return Array.from(row.querySelectorAll('.one')).find(function (one) { return one.dataset.task === task; });
    }

    /* The number of a cell, or null. */
    function value(row, column) {
        var from = heads[column].dataset.col === 'difference' ? bar(row) : row.cells[column];
        return from && from.dataset.v !== undefined ? Number(from.dataset.v) : null;
    }

    function words(row, column) {
        var one = heads[column].dataset.col === 'difference' ? bar(row) : null;
        return (one ? one.querySelector('.tip') : row.cells[column]).textContent.trim();
    }

    function title(column) {
        return heads[column].dataset.title || heads[column].textContent.trim();
    }

    /* Numbers from the better end, words by the alphabet; what has none comes last. */
    function sort(column, back) {
        var sign = back ? -1 : 1;
        rows.sort(function (a, b) {
            var x = value(a, column), y = value(b, column);
            if (x === null && y === null) {
                return sign * words(a, column).localeCompare(words(b, column));
            }
            return x === null ? 1 : y === null ? -1 : sign * (x - y);
        });
        rows.forEach(function (row) { body.appendChild(row); });
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

    /* ---- Tasks ---- */

    document.querySelectorAll('[data-show]').forEach(function (button) {
        button.addEventListener('click', function () {
            task = button.dataset.show;
            document.querySelectorAll('[data-show]').forEach(function (b) {
                b.setAttribute('aria-pressed', String(b === button));
            });
            table.querySelectorAll('.one').forEach(function (one) { one.hidden = one.dataset.task !== task; });
            plot();
        });
    });

    /* ---- CSV ---- */

    function quoted(text) {
        return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }

    document.getElementById('csv').addEventListener('click', function () {
        var lines = [heads.map(function (head, i) { return quoted(title(i)); }).join(',')];
        rows.forEach(function (row) {
            lines.push(heads.map(function (head, i) {
                var v = value(row, i);
                return v === null ? (row.cells[i].textContent.trim() && i && head.dataset.good ? '' :
                    quoted(words(row, i))) : String(v);
            }).join(','));
        });
        var link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob([lines.join('\n') + '\n'], {type: 'text/csv'}));
        link.download = 'decision' + (task ? '-' + task : '') + '.csv';
        link.click();
        URL.revokeObjectURL(link.href);
    });

    /* ---- Two columns ---- */

    var across = document.getElementById('across'), up = document.getElementById('up'), W = 720, H = 420, EDGE = 48;

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

    function plot() {
        var i = Number(across.value), j = Number(up.value), plane = document.getElementById('plane');
        var points = rows.map(function (row) {
            return {x: value(row, i), y: value(row, j), name: words(row, 0),
                color: row.querySelector('circle').getAttribute('fill')};
        }).filter(function (p) { return p.x !== null && p.y !== null; });
        plane.textContent = '';
        if (!points.length) {
            return;
        }
        var logX = isLog(points.map(function (p) { return p.x; })), logY = isLog(points.map(function (p) { return p.y; }));
        var off = points.filter(function (p) { return (logX && p.x <= 0) || (logY && p.y <= 0); });
        points = points.filter(function (p) { return off.indexOf(p) < 0; });
        document.getElementById('off').textContent = off.length ? 'Zero, and so not on the log axis: ' +
            off.map(function (p) { return p.name; }).join(', ') + '.' : '';
        var sx = scale(points.map(function (p) { return p.x; }), logX, EDGE + 20, W - 190);
        var sy = scale(points.map(function (p) { return p.y; }), logY, H - EDGE - 16, 24);
        var svg = shape('svg', {viewBox: '0 0 ' + W + ' ' + H, role: 'img',
            'aria-label': title(j) + ' over ' + title(i) + ', ' + points.length + ' methods'});
        svg.appendChild(shape('path', {'class': 'edge', d: 'M' + EDGE + ' 8V' + (H - EDGE) + 'H' + W}));
        svg.appendChild(shape('path', {'class': 'front', d: 'M' + front(points, heads[i].dataset.good,
            heads[j].dataset.good).map(function (p) { return sx.at(p.x) + ' ' + sy.at(p.y); }).join('L')}));
        [[sx.least, sx.at(sx.least)], [sx.most, sx.at(sx.most)]].forEach(function (t) {
            svg.appendChild(shape('text', {x: t[1], y: H - EDGE + 16, 'text-anchor': 'middle'}, short(t[0])));
        });
        [[sy.least, sy.at(sy.least)], [sy.most, sy.at(sy.most)]].forEach(function (t) {
            svg.appendChild(shape('text', {x: EDGE - 4, y: t[1] + 4, 'text-anchor': 'end'}, short(t[0])));
        });
        svg.appendChild(shape('text', {x: W / 2, y: H - 8, 'text-anchor': 'middle'}, title(i) + (logX ? ' (log)' : '')));
        svg.appendChild(shape('text', {x: -H / 2, y: 12, 'text-anchor': 'middle', transform: 'rotate(-90)'}, title(j) + (logY ? ' (log)' : '')));
        var taken = [];
        points.sort(function (a, b) { return sy.at(a.y) - sy.at(b.y); }).forEach(function (p) {
            var x = sx.at(p.x), y = sy.at(p.y), mark = shape('circle', {cx: x, cy: y, r: 5, fill: p.color});
            mark.appendChild(shape('title', {}, p.name + ': ' + short(p.x) + ', ' + short(p.y)));
            svg.appendChild(mark);
            var line = y + 4; /* names keep clear of those above them */
            while (taken.some(function (t) { return Math.abs(t.y - line) < 13 && Math.abs(t.x - x) < 150; })) {
                line += 4;
            }
            taken.push({x: x, y: line});
            svg.appendChild(shape('path', {'class': 'lead', d: 'M' + x + ' ' + y + 'L' + (x + 14) + ' ' + (line - 4)}));
            svg.appendChild(shape('text', {x: x + 16, y: line}, p.name));
        });
        plane.appendChild(svg);
    }

    heads.forEach(function (head, column) {
        if (head.dataset.good) {
            [across, up].forEach(function (list) { list.appendChild(new Option(title(column), column)); });
        }
    });
    across.value = String(heads.findIndex(function (head) { return head.dataset.col === 'stored'; }));
    [across, up].forEach(function (list) { list.addEventListener('change', plot); });
    document.getElementById('scatter').hidden = false;
    document.querySelectorAll('.controls').forEach(function (c) { c.hidden = false; });
    plot();
}());
