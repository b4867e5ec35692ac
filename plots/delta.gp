# Rows are LoRA, its controls and Delta-LoRA, task by task; columns score less LoRA's, size of the change, its rank.
set multiplot
unset key
left = 310.0 / figure_width; gap = 40.0 / figure_width
bottom = caption_top + 2.4 * line_height
wide = (1 - left - 30.0 / figure_width - gap * 2) / 3
set bmargin at screen bottom; set tmargin at screen top - 0.9 * line_height
set yrange [lowest + 0.5:-0.5]
set border 1 lc rgb '#444444'
set xtics font ',12' offset 0,0.3
at(i) = value(sprintf('at_%d', i))
titles = "'score less LoRA’s' 'norm of W - W0' 'rank of W - W0'"
do for [t=0:2] {
    set lmargin at screen left + t * (wide + gap); set rmargin at screen left + t * (wide + gap) + wide
    set ytics ('' -1) scale 0 font ',13'
    if (t == 0) {
        set for [i=0:series-1] ytics add (label(i) at(i))
        set for [i=0:series-1] label value(sprintf('of_%d', i)) at screen 12.0 / figure_width, first at(i) left font ':Bold,13'
    }
    set autoscale
    stats $measures index t using 1 nooutput name 'M'
    stats $measures index t using ($2 == $2 ? $2 : $1) nooutput name 'L'
    stats $measures index t using ($3 == $3 ? $3 : $1) nooutput name 'H'
    span = H_max - L_min > 1e-6 ? H_max - L_min : (M_max > 0 ? 0.2 * M_max : 1)
    set xrange [L_min - 0.08 * span : H_max + 0.08 * span]
    set yrange [lowest + 0.5:-0.5]
    set xtics tic(span)
    set title word(titles, t + 1) font ',14' offset 0,-0.6
    plot $measures index t using 2:4:($3-$2):(0):5 with vectors nohead lw 2 lc rgb variable, \
         $measures index t using 1:4:6:5 with points pt variable ps 1.3 lc rgb variable, \
         $measures index t using 1:4:(said(label(int(sum [i=0:series-1] (abs(at(i) - $4) < 1e-3 ? i : 0))), $1, $2, $3)) @tell
    unset label
}
unset multiplot
