//! Objects by handle: what a host holds of them is a number.

/// The objects of one kind. A handle is never 0, and is used again once its object is gone.
pub(crate) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Keeps an object, and gives its handle.
    pub(crate) fn insert(&mut self, object: T) -> u32 {
        if let Some(handle) = self.free.pop()
            && let Some(place) = self.places.get_mut(handle as usize - 1)
        {
            *place = Some(object);
            return handle;
        }
        self.places.push(Some(object));
        // So many objects would not fit into the memory of a module.
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, handle: u32) -> Option<&T> {
        self.places.get((handle as usize).checked_sub(1)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, handle: u32) -> Option<&mut T> {
        self.places.get_mut((handle as usize).checked_sub(1)?)?.as_mut()
    }

    /// Gives an object back; its handle is then that of another.
    pub(crate) fn remove(&mut self, handle: u32) -> Option<T> {
        let object = self.places.get_mut((handle as usize).checked_sub(1)?)?.take()?;
        self.free.push(handle);
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_used_again_and_only_once_at_a_time() {
        let mut slab = Slab::new();
        let (one, two) = (slab.insert("one"), slab.insert("two"));
        assert_eq!((slab.get(one), slab.get(two), slab.get(0), slab.get(3)), (Some(&"one"), Some(&"two"), None, None));
        assert_eq!((slab.remove(one), slab.remove(one), slab.get(one)), (Some("one"), None, None));
        assert_eq!(slab.insert("three"), one);
        assert_eq!(slab.insert("four"), 3);
        assert_eq!(slab.get_mut(two).map(|text| *text), Some("two"));
    }
}
