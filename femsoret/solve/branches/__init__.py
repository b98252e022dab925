"""Parameters that are solved for: :mod:`unknowns`, then :mod:`continuation` of branches."""
