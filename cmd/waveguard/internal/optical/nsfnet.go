package optical

// NSFNET returns the plan of the 14-node NSFNET backbone with its 21
// bidirectional links, in the lengths that studies of optical networks
// commonly give them.
func NSFNET() Plan {
	return Plan{
		Nodes: []string{"WA", "CA1", "CA2", "UT", "CO", "TX", "NE", "IL", "PA", "GA", "MI", "NY", "MD", "NJ"},
		Links: []Link{
			{0, 1, 1100},
			{0, 2, 1600},
			{0, 7, 2800},
			{1, 2, 600},
			{1, 3, 1000},
			{2, 5, 2000},
			{3, 4, 600},
			{3, 10, 2400},
			{4, 5, 1100},
			{4, 6, 800},
			{5, 9, 1200},
			{5, 12, 2000},
			{6, 7, 700},
			{7, 8, 700},
			{8, 9, 900},
			{8, 11, 500},
			{8, 13, 500},
			{10, 11, 800},
			{10, 13, 800},
			{11, 12, 300},
			{12, 13, 300},
		},
	}
}
