"""``python3 -m femsoret`` is the command line."""

from femsoret.cli import main

main()
