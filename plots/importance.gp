# LoRA-drop's importances with its cut, and the scores of its controls.
stats $importance using 2 nooutput name 'I'
set multiplot
unset key
bottom = caption_top + 3.9 * line_height
set bmargin at screen bottom; set tmargin at screen top - 0.6 * line_height
set lmargin at screen 75.0 / figure_width; set rmargin at screen 0.46
set yrange [sites - 0.4:-0.6]
set xrange [0:I_max * 1.08]
set ytics scale 0 font ',12'
set boxwidth 0.7
set xlabel 'share of importance' font ',13' offset 0,0.6
set xtics font ',12' offset 0,0.3
set title 'importance per adapter' font ',14' offset 0,-0.6
set style fill solid noborder
plot $importance using (0):1:2:(0):($3 > 0.5 ? 0x7a3e00 : 0xe0b98a):ytic(4) with vectors nohead lw 9 lc rgb variable, \
     $importance using (0.5 * $2):1:(sprintf('%s: %.3f, kept in %.0f %% of runs', strcol(4), $2, 100 * $3)) @tell
unset label
set autoscale
stats $scores using ($2 == $2 ? $2 : $1) nooutput name 'L'
stats $scores using ($3 == $3 ? $3 : $1) nooutput name 'H'
span = H_max - L_min > 0.1 ? H_max - L_min : 1
set xrange [L_min - 0.06 * span : H_max + 0.06 * span]
set xtics tic(span)
set lmargin at screen 0.70; set rmargin at screen 0.98
set yrange [rows - 0.5:-0.5]
set xlabel 'test score' font ',13' offset 0,0.6
set title 'does the choice matter?' font ',14' offset 0,-0.6
plot $scores using 2:4:($3-$2):(0):5 with vectors nohead lw 2 lc rgb variable, \
     $scores using 1:4:6:5:ytic(7) with points pt variable ps 1.3 lc rgb variable, \
     $scores using 1:4:(said(strcol(7), $1, $2, $3)) @tell
unset multiplot
