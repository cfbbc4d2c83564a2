//! The surface of the framework: which names there are, what they promise the compiler, how large
//! they are, and that the methods of messages are found wherever an address is used.

mod facade;
mod methods;
mod plain;
mod promises;
mod reserved;
mod sizes;
