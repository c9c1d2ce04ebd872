//! `doctor`: looks at everything that a run needs and says of each part whether it is well, and the way
//! out where it is not. It changes nothing, and it goes on whatever it finds.

mod check;
mod files;
mod keys;
mod providers;
mod run;
mod state;
