"""What goes with a dataset on paper: card, Croissant, licence, citation."""
