"""Numbers -> SVG. Pure. Colours and type come from the style sheet, by class; across, everything is in
percent, so that the text keeps its size however narrow the page is. Beside each chart stands a table.

Read in this order:
- scales      round steps, and pixels from amounts
- bars        spend by month; a share of a whole
- stacked     spend by day and by model
- histogram   in which month how many paths have paid back, and how many never do
- fan         P10, P50 and P90 over the months
- heat_map    hours by weekdays
- tornado     which input moves the answer how far"""
