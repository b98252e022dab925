"""Studies: experiments as functions over everything below."""
