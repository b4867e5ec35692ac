# dM against dD, panels q and v by method, own axes; at the right all methods on shared logarithmic axes.
left = 92.0 / figure_width; gap = 66.0 / figure_width; columns = methods + 1
legend = 2.2 * line_height
bottom = caption_top + 3.0 * line_height + legend
between = 6.0 * line_height
wide = (1 - left - 24.0 / figure_width - gap * methods) / columns
high = (top - 1.2 * line_height - bottom - between) / 2
pt_of(k) = steps > 1 && k == steps - 1 ? 7 : (k == 0 ? 6 : k == 1 ? 4 : k == 2 ? 8 : 10)
set multiplot
set xtics font ',12' offset 0,0.3
set ytics font ',12' offset 0.4,0
unset key
# The legend: marks are checkpoints, colours are layers.
at = left
y0 = caption_top + 1.0 * line_height
do for [k=0:steps-1] {
    set label 9100+k sprintf('step %d', value(sprintf('step_%d', k))) at screen at, screen y0 left point pt pt_of(k) ps 1.1 \
        lc rgb '#444444' offset 0.8,0 font ',12'
    at = at + 95.0 / figure_width
}
at = at + 20.0 / figure_width
# Few layers have a name each; of many only the first and the last.
few = layers < 7
do for [k=0:layers-1] {
    word = few || k == 0 ? sprintf('layer %d', k) : k == layers - 1 ? sprintf('%d', k) : ''
    set label 9200+k word at screen at, screen y0 left point pt 7 ps 1.3 lc rgb value(sprintf('layer_%d', k)) offset 0.8,0 font ',12'
    at = at + (few || k == 0 ? 88.0 : 22.0) / figure_width
}
at = at + (few ? 0 : 25.0 / figure_width)
set label 9300 'random update' at screen at + 0.01, screen y0 left point pt 2 ps 0.7 lc rgb '#aaaaaa' offset 0.8,0 font ',12'
do for [row=0:1] {
    base = bottom + (1 - row) * (high + between)
    do for [m=0:methods-1] {
        i = row * methods + m
        x0 = left + m * (wide + gap)
        set lmargin at screen x0; set rmargin at screen x0 + wide
        set bmargin at screen base; set tmargin at screen base + high
        set autoscale
        stats $points index i using 1:2 nooutput
        xmax = STATS_max_x; ymax = STATS_max_y
        stats $random index i using 1:2 nooutput
        # The words stand in the upper part, above all points and all random updates.
        xmax = 1.08 * (STATS_max_x > xmax ? STATS_max_x : xmax); ymax = (STATS_max_y > ymax ? STATS_max_y : ymax) / 0.8
        set xrange [0:xmax]; set yrange [0:ymax]
        set xtics tic(xmax); set ytics tic(ymax)
        set format '%g'
        set title value(sprintf('title_%d', i)) font ',14' offset 0,-0.6
        set xlabel 'direction dD' font ',13' offset 0,0.8
        if (m == 0) { set ylabel 'magnitude dM' font ',13' offset 1.0,0 } else { unset ylabel }
        set label 1 value(sprintf('words_%d', i)) at graph 0.03, graph 0.94 left font ',13' noenhanced front
        plot $random index i using 1:2 with points pt 2 ps 0.5 lc rgb '#b8b8b8', \
             value(sprintf('height_%d', i)) + value(sprintf('slope_%d', i)) * x with lines lw 2 lc rgb '#222222', \
             for [k=0:steps-1] $points index i using 1:($4 == k ? $2 : NaN):3 with points pt pt_of(k) ps 1.0 lc rgb variable
        unset label
    }
    x0 = left + methods * (wide + gap)
    set lmargin at screen x0; set rmargin at screen x0 + wide
    set title sprintf('all, %s', row ? 'v' : 'q') font ',14' offset 0,-0.6
    unset ylabel
    set autoscale
    stats $points index row * methods using 1:2 nooutput name 'L'
    low_x = L_min_x; low_y = L_min_y; high_x = L_max_x; high_y = L_max_y
    do for [m=1:methods-1] {
        stats $points index row * methods + m using 1:2 nooutput name 'L'
        low_x = L_min_x < low_x ? L_min_x : low_x; low_y = L_min_y < low_y ? L_min_y : low_y
        high_x = L_max_x > high_x ? L_max_x : high_x; high_y = L_max_y > high_y ? L_max_y : high_y
    }
    set logscale xy
    # Room above the cloud for the names.
    set xrange [low_x / 1.5 : high_x * 1.5]; set yrange [low_y / 1.5 : high_y * (high_y / low_y) ** 0.45]
    set format '10^{%T}'
    set termoption enhanced
    set xtics 10; set ytics 10
    set key top left Left reverse font ',12'
    set xlabel 'direction dD' font ',13' offset 0,0.8
    plot for [m=0:methods-1] $points index row * methods + m using 1:2 with points pt mark(m) ps 0.7 lc rgb color(m) title label(m)
    unset key
    unset logscale
    set termoption noenhanced
}
unset multiplot
