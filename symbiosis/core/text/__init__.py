"""Listing text -> material concepts, Bulgarian and English, with the evidence for each.

A pure library: frozen values and arrays in, frozen values and arrays out. ``lexicon`` holds what
the caller knows, ``index`` finds concepts in texts, ``ranking`` puts needs in order for an offer,
``listing`` helps to fill in a listing, ``receivers`` answers for one firm alone, ``evaluation``
measures. Every score can name the words, the synonym, the code or the activity it came from.
"""
