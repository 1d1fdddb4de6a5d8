package main

// Figures are what one run of a scenario measured, in the order in which they came.
type Figures struct {
	list []Figure
}

// Figure is one of them. Less is better, or the figure is to be exactly so.
type Figure struct {
	// Name is the step's name, a slash, and what was measured, with its unit if that is not a count.
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// value is what a step measured before; 0 if it did not.
func (f *Figures) value(step, what string) float64 {
	for _, figure := range f.list {
		if figure.Name == step+"/"+what {
			return figure.Value
		}
	}
	return 0
}

func (f *Figures) add(step, what string, value float64) {
	f.list = append(f.list, Figure{step + "/" + what, value})
}
