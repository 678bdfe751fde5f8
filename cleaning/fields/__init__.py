"""What single lines say of their article: when, who, where in the paper, under which picture."""
