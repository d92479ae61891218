"""The retail grains: order, order line, purchase day, visit and person as of a date, all resolved to persons."""
