# Rows are methods, columns tasks; last the probability of improving on LoRA and the one-seed roulette. Many tasks
# have two lines of panels.
set multiplot
unset key
columns = tasks + (suite ? 2 : 0)
left = 265.0 / figure_width; gap = 26.0 / figure_width
bottom = caption_top + 2.6 * line_height
between = 4.0 * line_height
across = (columns + lines - 1) / lines
wide = (1 - left - 30.0 / figure_width - gap * (across - 1)) / across
high = (top - 0.9 * line_height - bottom - between * (lines - 1)) / lines
set yrange [series - 0.5 : -0.5]
set border 1 lc rgb '#444444'
set ytics scale 0
set xtics font ',12' offset 0,0.3
set grid noytics xtics
do for [t=0:columns-1] {
    col = t % across; row = t / across
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 0.9 * line_height - row * (high + between)
    set bmargin at screen top - 0.9 * line_height - row * (high + between) - high
    if (col == 0) {
        set ytics ('' -1) font ',13'
        set for [i=0:series-1] ytics add (label(i) i)
    } else {
        set ytics ('' -1)
    }
    unset arrow
    if (t < tasks) {
        set autoscale
        stats $seeds index t using 1 nooutput name 'S'
        # What lies far from the middle half (the head alone, say) stands at the edge, or all else would be one dot.
        far = 4 * (S_up_quartile - S_lo_quartile) + 1
        lowest = S_min < S_lo_quartile - far ? S_lo_quartile - far : S_min
        highest = S_max > S_up_quartile + far ? S_up_quartile + far : S_max
        span = highest - lowest < 1 ? 1 : highest - lowest
        left_edge = lowest - 0.08 * span; right_edge = highest + 0.08 * span
        inside(x) = x < left_edge ? left_edge : x > right_edge ? right_edge : x
        set yrange [series - 0.5 : -0.5]
        set xrange [left_edge:right_edge]
        set xtics tic(span)
        set title value(sprintf('task_%d', t)) font ',14' offset 0,-0.6
        at = value(sprintf('lora_%d', t))
        if (at == at) { set arrow 1 from at, graph 0 to at, graph 1 nohead lc rgb '#0072B2' lw 1 dt 2 back }
        plot $seeds index t using (inside($1)):2:3 with points pt 7 ps 0.35 lc rgb variable, \
             $means index t using (inside($2)):4:(inside($3) - inside($2)):(0):5 with vectors nohead lw 2 lc rgb variable, \
             $means index t using (inside($1)):4:6:5 with points pt variable ps 1.2 lc rgb variable
    }
    if (t == tasks) {
        set xrange [0:1]; set xtics 0.5
        set title 'P(better than LoRA)' font ',13' offset 0,-0.6
        set arrow 1 from 0.5, graph 0 to 0.5, graph 1 nohead lc rgb '#888888' lw 1 dt 2 back
        plot $suite using 2:4:($3-$2):(0):5 with vectors nohead lw 2 lc rgb variable, $suite using 1:4:5 with points pt 7 ps 1.1 lc rgb variable
    }
    if (t == tasks + 1) {
        set xrange [0:1]; set xtics 0.5
        set title 'one-seed roulette' font ',13' offset 0,-0.6
        plot $suite using (0):4:6:(0):5 with vectors nohead lw 9 lc rgb variable
    }
    unset label
}
unset multiplot
