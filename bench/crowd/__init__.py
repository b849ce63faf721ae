"""A crowd too large for the clients of bench/load: processes that hold thousands of sockets each and nothing else.

needs.py     which settings of the kernel so many connections need, asked before anything is started
board.py     counters that the processes of the crowd write and the bench reads: shared memory, no messages
words.py     what a client says and how it reads what it is told, without a library of ours
holder.py    one process: an epoll and arrays, no Python object per connection; started without site-packages
holders.py   the bench's side: starts the holders, tells them what to do, adds up what they saw
dealing.py   which worker gets a connection: by chance, as the kernel does it, or by address
usage.py     memory of both sides and of the kernel, and CPU
journal.py   the table, a row at a time, and the record that is written with each
"""
