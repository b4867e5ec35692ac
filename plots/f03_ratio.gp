# Figure 3: LoRA+: score over both rates, over their ratio, and over steps.
set multiplot
unset key
bottom = caption_top + 4.0 * line_height
set bmargin at screen bottom; set tmargin at screen top - 0.6 * line_height
set termoption enhanced
set format '10^{%T}'
set xtics 10 font ',12' offset 0,0.3; set ytics 10 font ',12'
set lmargin at screen 95.0 / figure_width; set rmargin at screen 0.31
stats $grid using 1 nooutput name 'A'
stats $grid using 2 nooutput name 'B'
set palette defined (0 '#440154', 0.35 '#31688e', 0.7 '#35b779', 1 '#fde725')
stats $grid using 3 nooutput name 'S'
set logscale xy
set cbrange [S_max - 25 > S_min ? S_max - 25 : S_min : S_max]
set colorbox user origin 0.325, bottom size 0.010, top - bottom - 0.6 * line_height
set cbtics font ',11' format '%g'
set xrange [A_min / 2.2 : A_max * 2.2]; set yrange [B_min / 2.2 : B_max * 2.2]
set xlabel 'rate of A' font ',13' offset 0,0.6; set ylabel 'rate of B' font ',13' offset 1,0
set title 'validation score' font ',14' offset 0,-0.6
plot x with lines lw 1.5 dt 2 lc rgb '#444444', $grid using 1:2:3 with points pt 5 ps 3.4 lc palette, \
     $grid using 1:($4 > 0 ? $2 : NaN) with points pt 7 ps 0.9 lc rgb '#000000'
unset label; unset colorbox
set lmargin at screen 0.45; set rmargin at screen 0.66
unset logscale y
set format y '%g'; set format x '%g'
set ytics autofreq; set xtics (1, 4, 16, 64)
set autoscale
set offsets graph 0.05, graph 0.05, graph 0.08, graph 0.08
set xlabel 'rate of B / rate of A' font ',13' offset 0,0.6; set ylabel 'best validation' font ',13' offset 1,0
set title 'score against ratio' font ',14' offset 0,-0.6
plot $ratio using 1:2 smooth unique with linespoints lw 2 pt 7 ps 1.1 lc rgb '#56B4E9'
unset logscale
set lmargin at screen 0.74; set rmargin at screen 0.98
set xtics autofreq font ',12'
set offsets graph 0.03, graph 0.03, graph 0.08, graph 0.3
set xlabel 'step' font ',13' offset 0,0.6; set ylabel 'test' font ',13' offset 1,0
set title 'score against step' font ',14' offset 0,-0.6
set key bottom right Left reverse font ',12'
plot for [i=0:curves-1] $steps index i using 1:2 with linespoints lw 2 pt mark(i) ps 1 lc rgb color(i) title label(i)
unset multiplot
