"""What is learned: the choice of the headline and the line model, fitted by commands; nothing here runs in a run."""
