//! One job from payload to verdict.
