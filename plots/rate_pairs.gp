# LoRA+: score over both rates, over their ratio, and over steps.
reached(i) = value(sprintf('reached_%d', i))
set multiplot
unset key
bottom = caption_top + 4.0 * line_height
ceiling = top - 0.8 * line_height
set bmargin at screen bottom; set tmargin at screen ceiling
set termoption enhanced
set format '10^{%T}'
set xtics 10 font ',12' offset 0,0.3; set ytics 10 font ',12'
set lmargin at screen 95.0 / figure_width; set rmargin at screen 0.31
stats $grid using 1 nooutput name 'A'
stats $grid using 2 nooutput name 'B'
stats $grid using 3 nooutput name 'S'
set palette defined (0 '#440154', 0.35 '#31688e', 0.7 '#35b779', 1 '#fde725')
set logscale xy
lowest = S_max - 25 > S_min ? S_max - 25 : S_min
set cbrange [lowest : S_max]
set colorbox user origin 0.325, bottom size 0.010, ceiling - bottom
set cbtics font ',11' format '%g'
half = 1.5
set xrange [A_min / 2.2 : A_max * 2.2]; set yrange [B_min / 2.2 : B_max * 2.2]
set xlabel 'rate of A' font ',13' offset 0,0.6; set ylabel 'rate of B' font ',13' offset 1,0
set title 'validation score' font ',14' offset 0,-0.6
plot $grid using 1:2:($1 / half):($1 * half):($2 / half):($2 * half):3 with boxxyerror fs solid 1 noborder lc palette, \
     $grid using 1:2:($1 / half):($1 * half):($4 > 0 ? $2 / half : NaN):($2 * half) with boxxyerror fs transparent pattern 4 border lc rgb '#000000', \
     x with lines lw 1.5 dt 2 lc rgb '#888888', \
     $grid using 1:2:(sprintf('%.0f', $3)):($3 > lowest + 0.6 * (S_max - lowest) ? 0x111111 : 0xffffff) with labels font ',10' tc rgb variable
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
set lmargin at screen 0.745; set rmargin at screen 0.985
set xtics autofreq font ',12'
set autoscale
stats $steps using 1 nooutput name 'X'
stats $steps using 2 nooutput name 'Y'
unset offsets
room = 0.45 * (Y_max - Y_min)
set xrange [0:X_max * 1.04]; set yrange [Y_min - room : Y_max + 0.06 * (Y_max - Y_min)]
set xlabel 'step' font ',13' offset 0,0.6; set ylabel 'test score' font ',13' offset 1,0
set title 'steps to the final score of LoRA' font ',14' offset 0,-0.6
set for [i=0:curves-1] label 20 + i value(sprintf('words_%d', i)) at graph 0.97, graph 0.07 + 0.075 * (curves - 1 - i) right font ',12' tc rgb color(i)
do for [i=0:curves-1] {
    if (reached(i) == reached(i)) { set arrow 20 + i from reached(i), graph 0.24 to reached(i), first goal nohead lw 1.5 lc rgb color(i) }
}
plot goal with lines lw 1.2 dt 2 lc rgb '#444444', \
     for [i=0:curves-1] $steps index i using 1:2 with linespoints lw 2 pt mark(i) ps 1 lc rgb color(i)
unset multiplot
