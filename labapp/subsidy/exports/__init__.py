"""Files of what was frozen: the same claim gives the same bytes, whenever and wherever.

Nothing here knows what time it is, or who asks. A change of what a file looks like takes a new
`TEMPLATE_VERSION`; files of an earlier one stay as they were (`records`).
"""

TEMPLATE_VERSION = "1"
