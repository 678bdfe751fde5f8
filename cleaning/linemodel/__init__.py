"""What the line model is made of: shapes of lines, their words, their context, and trees that weigh them."""
