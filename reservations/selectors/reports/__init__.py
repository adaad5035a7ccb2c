"""Figures of a house over a stretch of service dates, each report from a fixed number of queries.

A day is a service date: what happens after midnight belongs to the evening before. Hours are those
of the house's clocks. Test bookings are never counted, nor is a booking that gave way to another
one of the same visit.
"""
