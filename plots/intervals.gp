# Rows are methods, columns tasks and their mean; the band is the margin within which two methods are equivalent.
set multiplot
unset key
columns = panels
left = 345.0 / figure_width; gap = 26.0 / figure_width
bottom = caption_top + 2.6 * line_height
wide = (1 - left - 30.0 / figure_width - gap * (columns - 1)) / columns
set border 1 lc rgb '#444444'
set ytics scale 0
set xtics font ',12' offset 0,0.3
set grid noytics xtics
# What lies far from the middle half (the head alone, say) stands at the edge, or all else would be one dot.
set autoscale
stats $differences using 1 nooutput name 'S'
far = 1.5 * (S_up_quartile - S_lo_quartile) + 2
lowest = S_min < S_lo_quartile - far ? S_lo_quartile - far : S_min
highest = S_max > S_up_quartile + far ? S_up_quartile + far : S_max
lowest = lowest > -1.5 * margin ? -1.5 * margin : lowest; highest = highest < 1.5 * margin ? 1.5 * margin : highest
span = highest - lowest
left_edge = lowest - 0.12 * span; right_edge = highest + 0.12 * span
inside(x) = x < left_edge ? left_edge : x > right_edge ? right_edge : x
set yrange [last_row + 0.6 : -0.6]
do for [t=0:panels-1] {
    set lmargin at screen left + t * (wide + gap); set rmargin at screen left + t * (wide + gap) + wide
    set tmargin at screen top - 0.9 * line_height
    set bmargin at screen bottom
    if (t == 0) {
        set ytics ('' -1) font ',13'
        set for [i=0:series-1] ytics add (label(i) value(sprintf('at_%d', i)))
    } else {
        set ytics ('' -1)
    }
    unset arrow; unset object
    set object 1 rectangle from -margin, graph 0 to margin, graph 1 fc rgb '#dddddd' fs solid noborder behind
    set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#0072B2' lw 1 dt 2 back
    set xrange [left_edge:right_edge]
    set xtics tic(span)
    set title (t < tasks ? value(sprintf('task_%d', t)) : 'all these tasks') font ',14' offset 0,-0.6
    plot $differences index t using (inside($2)):4:(inside($3) - inside($2)):(0):5 with vectors nohead lw 2 lc rgb variable, \
         $differences index t using (inside($1)):4:6:5 with points pt variable ps 1.2 lc rgb variable, \
         $differences index t using (inside($1)):4:(said(label(int($7)), $1, $2, $3)) @tell
    unset label
}
unset multiplot
