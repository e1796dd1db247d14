"""页面 · one module of pages for each noun, named after it."""
