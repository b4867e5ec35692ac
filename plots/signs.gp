# Signs: a panel per method, a row per condition; r pooled with interval, given time, given size.
set multiplot
unset key
names = 190.0 / figure_width; gap = 18.0 / figure_width
wide = (1 - panels * names - panels * gap - 10.0 / figure_width) / panels
set bmargin at screen caption_top + 4.4 * line_height; set tmargin at screen top - 0.8 * line_height
set border 1 lc rgb '#444444'
set xrange [-1:1.03]; set xtics 0.5 font ',12' offset 0,0.3
set grid noytics xtics
set yrange [rows - 0.5 : -0.5]
set xlabel 'r of dM with dD' font ',13' offset 0,0.6
do for [i=0:panels-1] {
    x0 = names + i * (names + wide + gap)
    set lmargin at screen x0; set rmargin at screen x0 + wide
    set ytics scale 0 font ',11'
    set title label(i) font ',14' offset 0,-0.6
    set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#888888' lw 1.2 back
    at = value(sprintf('paper_%d', i))
    if (at == at) { set arrow 2 from at, graph 0 to at, graph 1 nohead lc rgb '#b00020' lw 1.6 dt 2 back }
    plot $signs index i using (-2):8:ytic(9) with points, \
         $signs index i using 2:6:($3 - $2):(0) with vectors nohead lw 2 lc rgb color(i), \
         $signs index i using ($7 > 0 ? NaN : $1):6 with points pt 7 ps 1.1 lc rgb color(i), \
         $signs index i using ($7 > 0 ? $1 : NaN):6 with points pt 6 ps 1.1 lw 1.8 lc rgb color(i), \
         $signs index i using 4:6 with points pt 8 ps 1.0 lc rgb '#222222', \
         $signs index i using 5:6 with points pt 2 ps 0.8 lc rgb '#222222', \
         $signs index i using 1:6:(said(strcol(9), $1, $2, $3)) @tell
    unset arrow
    unset label
}
unset multiplot
