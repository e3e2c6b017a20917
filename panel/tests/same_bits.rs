//! The surface gives the engine's own numbers. That WebAssembly gives the same bits as this
//! target is compared by `cargo xtask test`, which runs both.

#![cfg(feature = "selftest")]

#[test]
fn the_fingerprint_is_the_engines() {
    assert_eq!(headroom_panel::fingerprint(), headroom_engine::selftest::fingerprint());
}
