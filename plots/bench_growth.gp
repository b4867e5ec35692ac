# Benchmark: how the cost of a step grows with tokens, layers, rank, adapted matrices and width; both axes logarithmic, the
# thin line is proportional. csv, svg, png are given.
set datafile separator ','
set logscale xy 2
set grid lc rgb '#dddddd'
set key top left font ',10' samplen 2
set format x '%g'
set format y '%g'
rows(what) = sprintf("< grep '^%s,' %s", what, csv)
do for [terminal in 'svg png'] {
    if (terminal eq 'svg') { set terminal svg size 1200,640 font 'DejaVu Sans,12' background '#ffffff'; set output svg }
    if (terminal eq 'png') { set terminal pngcairo size 1200,640 font 'DejaVu Sans,12'; set output png }
    set multiplot layout 2,3 title 'Growth of a step, LoRA r = 8 on q, v at d = 128, 4 layers, unless the axis says otherwise'
    do for [what in 'tokens layers rank sites width'] {
        set xlabel what
        set ylabel 'ms per step'
        stats rows(what) using 2:3 nooutput name 'S'
        slope = S_max_y / S_max_x
        plot rows(what) using 2:3 with linespoints pt 7 lw 2 lc rgb '#0072B2' title 'step', \
             rows(what) using 2:4 with linespoints pt 2 lw 1 lc rgb '#000000' title 'products alone', \
             slope * x lc rgb '#999999' dt 2 title 'proportional'
    }
    unset multiplot
    unset output
}
