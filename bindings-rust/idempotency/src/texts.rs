//! The Lua and SQL texts, as they are in `stores/` of the project: `texts/` is a copy, so that the package has them. A
//! test compares the bytes.

#[cfg(feature = "redis")]
pub(crate) mod redis {
    pub(crate) const CLAIM: &str = include_str!("../texts/redis/claim.lua");
    pub(crate) const COMMIT: &str = include_str!("../texts/redis/commit.lua");
    pub(crate) const RELEASE: &str = include_str!("../texts/redis/release.lua");
    pub(crate) const EXTEND: &str = include_str!("../texts/redis/extend.lua");
}

#[cfg(feature = "postgres")]
pub(crate) mod postgres {
    pub(crate) const CREATE: &str = include_str!("../texts/postgres/create.sql");
    pub(crate) const CLAIM: &str = include_str!("../texts/postgres/claim.sql");
    pub(crate) const ANSWER: &str = include_str!("../texts/postgres/answer.sql");
    pub(crate) const COMMIT: &str = include_str!("../texts/postgres/commit.sql");
    pub(crate) const RELEASE: &str = include_str!("../texts/postgres/release.sql");
    pub(crate) const EXTEND: &str = include_str!("../texts/postgres/extend.sql");
    pub(crate) const PRUNE: &str = include_str!("../texts/postgres/prune.sql");
    pub(crate) const EFFECT: &str = include_str!("../texts/postgres/effect.sql");
    pub(crate) const PRUNE_EFFECTS: &str = include_str!("../texts/postgres/prune_effects.sql");
}

#[cfg(feature = "sqlite")]
pub(crate) mod sqlite {
    use std::sync::LazyLock;

    pub(crate) const CREATE: &str = include_str!("../texts/sqlite/create.sql");
    pub(crate) const CREATE_EFFECTS: &str = include_str!("../texts/sqlite/create_effects.sql");
    pub(crate) const PRUNE: &str = include_str!("../texts/sqlite/prune.sql");
    pub(crate) const QUICK: &str = include_str!("../texts/sqlite/quick.sql");
    pub(crate) const DURABLE: &str = include_str!("../texts/sqlite/durable.sql");

    /// The text, its parameters numbered in this order.
    macro_rules! numbered {
        ($name:literal $(, $parameter:literal)+) => {
            LazyLock::new(|| {
                numbered(include_str!(concat!("../texts/sqlite/", $name, ".sql")), &[$(concat!(":", $parameter)),+])
            })
        };
    }

    /// A text with parameters, of which sqlx knows numbers alone.
    pub(crate) type Numbered = LazyLock<String>;

    pub(crate) static CLAIM: Numbered = numbered!("claim", "scope", "key", "token", "lease");
    pub(crate) static ANSWER: Numbered = numbered!("answer", "scope", "key");
    pub(crate) static COMMIT: Numbered = numbered!("commit", "scope", "key", "token", "keep");
    pub(crate) static RELEASE: Numbered = numbered!("release", "scope", "key", "token");
    pub(crate) static EXTEND: Numbered = numbered!("extend", "scope", "key", "token", "lease");
    pub(crate) static EFFECT: Numbered = numbered!("effect", "scope", "key");
    pub(crate) static PRUNE_EFFECTS: Numbered = numbered!("prune_effects", "keep");

    fn numbered(text: &str, parameters: &[&str]) -> String {
        // What explains a text names its parameters too.
        let bare: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
        let mut written = bare.join("\n");
        for (number, parameter) in parameters.iter().enumerate() {
            written = written.replace(parameter, &format!("?{}", number + 1));
        }
        written
    }

    #[cfg(test)]
    #[test]
    fn every_parameter_has_its_number() {
        for text in [&CLAIM, &ANSWER, &COMMIT, &RELEASE, &EXTEND, &EFFECT, &PRUNE_EFFECTS] {
            assert!(!text.contains(':') && text.contains("?1"), "{}", **text);
        }
        assert!(CLAIM.contains("VALUES (?1, ?2, 'claimed', ?3, "));
    }
}
