"""ICAR ADE at the door: pages of collections, and what is taken in."""
