# What all figures share: type, lines, and where title and caption stand. Loaded before every script, after the data.
set encoding utf8
set datafile missing 'NaN'
set border 3 lc rgb '#444444'
set tics nomirror out scale 0.6 textcolor rgb '#222222'
set grid lc rgb '#e4e4e4' lw 1 lt 1
set key noenhanced samplen 1.5 spacing 1.15
line_height = 17.0 / figure_height
caption_top = (caption_lines + 0.6) * line_height
caption_font = 'DejaVu Sans,11'
title_font = 'DejaVu Sans Bold,16'
# Call once, before the first plot; in a multiplot, clear with `unset label` after the first panel.
set label 9001 figure_title at screen 0.012, screen 1 - 1.4 * line_height left font title_font noenhanced front
set label 9002 figure_caption at screen 0.012, screen caption_top - 0.6 * line_height left font caption_font \
    textcolor rgb '#444444' noenhanced front
top = 1 - 3.2 * line_height
# A step that gives two or three tics up to x.
magnitude(x) = 10.0 ** floor(log10(x))
tic(x) = (u = x / magnitude(x), (u >= 8 ? 4 : u >= 4 ? 2 : u >= 2 ? 1 : 0.5) * magnitude(x))
color(i) = value(sprintf('color_%d', i))
mark(i) = value(sprintf('mark_%d', i))
label(i) = value(sprintf('label_%d', i))
# What a mark says of itself when the pointer is on it: `plot ..., $data using x:y:(said('LoRA', value, low, high)) @tell`, a mark that
# is not seen. low may be NaN.
tell = "with labels hypertext point pt 7 ps 2 lc rgb '#ff000000' notitle"
# A mark and its interval: `plot $data using x:@bar with yerrorbars`, y, low and high in columns 2 to 4. One run has no interval, and
# gnuplot would leave out its mark as well: its bar has no length.
bar = "2:($3 == $3 ? $3 : $2):($4 == $4 ? $4 : $2)"
said(name, at, low, high) = name.sprintf(': %.4g', at).(low == low ? sprintf(' [%.4g, %.4g]', low, high) : '')
