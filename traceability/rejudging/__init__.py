"""重判 · acts that were done, judged again by other rules: what would a change have changed?"""
