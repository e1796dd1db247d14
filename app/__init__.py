"""应用 · the Flask service: pages, JSON API, command line, worker and notices; nobody imports it."""
