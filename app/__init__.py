"""应用 · the Flask service: pages, JSON API, command line, worker, notices; nobody imports it."""
