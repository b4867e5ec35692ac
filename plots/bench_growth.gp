# Benchmark: how the cost of a step grows with tokens, layers, rank, adapted matrices and width; both axes logarithmic. The
# dashed line through the last point is proportional to tokens or layers, or to the square of the width. csv, svg, png are given.
set datafile separator ','
set logscale xy 2
set grid lc rgb '#dddddd'
set key top left font ',10' samplen 2
set format x '%g'
set format y '%g'
rows(what) = sprintf("< grep '^%s,' '%s'", what, csv)
do for [terminal in 'svg png'] {
    if (terminal eq 'svg') { set terminal svg size 1200,640 font 'DejaVu Sans,12' background '#ffffff'; set output svg }
    if (terminal eq 'png') { set terminal pngcairo size 1200,640 font 'DejaVu Sans,12'; set output png }
    set multiplot layout 2,3 title 'Growth of a step, LoRA r = 8 on q, v at d = 128, 4 layers, unless the axis says otherwise'
    do for [what in 'tokens layers rank sites width'] {
        set xlabel what
        set ylabel 'ms per step'
        stats rows(what) using 2:3 nooutput name 'S'
        power = what eq 'width' ? 2 : what eq 'tokens' || what eq 'layers' ? 1 : NaN
        first = what eq 'tokens'
        plot rows(what) using 2:3 with linespoints pt 7 lw 2 lc rgb '#0072B2' title first ? 'step' : '', \
             rows(what) using 2:4 with linespoints pt 2 lw 1 lc rgb '#000000' title first ? 'products alone' : '', \
             S_max_y * (x / S_max_x) ** power lc rgb '#999999' dt 2 title first ? 'proportional' : ''
    }
    unset multiplot
    unset output
}
