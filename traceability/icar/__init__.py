"""ICAR ADE 1.4 · weights, births, deaths, journeys, treatments in the words of herd software.

vocabulary names things, validation judges what came, telling says our events as resources, naming
turns references into identifiers, resources keeps what came, importing and performing take it in.
"""
