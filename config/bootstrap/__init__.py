"""Set-up of a working copy: from a bare clone on Debian 12 to a running market, and its checks.

Started as ``python3 -m config.bootstrap VERB`` by the Makefile. Until the virtual environment
exists it uses the standard library alone; then it starts itself again inside that environment.
Everything it makes lies under ``.venv``, ``node_modules``, ``web/static/vendor`` and ``.local``.
"""
