"""Reports: the results of runs as files for people (pages, figures) and programs (summary.json).

Each part uses those before it:

- ``words``: numbers, units, phrases, warnings and definitions;
- ``summary``: what summary.json holds, layout and content together;
- ``verdicts``: the main result of a run of each kind, in sentences and facts;
- ``tables``: the tables of each kind of run;
- ``figures``: the figures, and the samples of fields that they are drawn from;
- ``page``: a page with its templates; ``contents``: which verdict, tables and figures make the
  page of each kind of run; ``folder``: the files of a run folder, written, read and made again.
"""
