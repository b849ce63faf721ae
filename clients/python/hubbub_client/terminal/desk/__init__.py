"""Everything a person has before them, as plain state: events in, what is shown out. Pure, and the same for both faces.

desk.py     chats, people, connection          reactions.py  THE TABLE: what each event changes
chat.py     one chat and what stands in it     log.py        its entries as they are now
people.py   friends, presence                  items.py      what a transcript shows, from top to bottom
choices.py  what can be chosen in a list; the lists: going.py, people_rows.py, room_rows.py, message_rows.py
status.py   what stands in the lines around the transcript
"""
