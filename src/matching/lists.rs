//! Many short lists in one piece of memory: to read one costs two looks, wherever it stands.

/// Lists numbered from 0.
pub struct Lists<T> {
    /// Where each list begins in `items`, and where the last one ends.
    begins: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Lists<T> {
        Lists { begins: vec![0], items: vec![] }
    }
}

impl<T: Copy> Lists<T> {
    /// `count` lists of these items, each with its list's number, which is below `count`; their order is kept.
    pub fn of(count: usize, items: &[(u32, T)]) -> Lists<T> {
        let mut begins = vec![0u32; count + 1];
        for (list, _) in items {
            begins[*list as usize + 1] += 1;
        }
        for list in 0..count {
            begins[list + 1] += begins[list];
        }
        let mut order: Vec<u32> = vec![0; items.len()];
        let mut next = begins.clone();
        for (at, (list, _)) in (0..).zip(items) {
            let place = &mut next[*list as usize];
            order[*place as usize] = at;
            *place += 1;
        }
        Lists { begins, items: order.into_iter().map(|at| items[at as usize].1).collect() }
    }

    /// The list of this number; empty if there is none.
    pub fn list(&self, number: u32) -> &[T] {
        let number = number as usize;
        match (self.begins.get(number), self.begins.get(number + 1)) {
            (Some(begin), Some(end)) => &self.items[*begin as usize..*end as usize],
            _ => &[],
        }
    }

    pub fn bytes(&self) -> usize {
        self.begins.len() * 4 + self.items.len() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_its_items_in_the_order_they_came() {
        let lists = Lists::of(4, &[(2, 'a'), (0, 'b'), (2, 'c'), (3, 'd')]);
        let all: Vec<&[char]> = (0..6).map(|number| lists.list(number)).collect();
        assert_eq!(all, [&['b'][..], &[], &['a', 'c'], &['d'], &[], &[]]);
        assert!(Lists::<char>::default().list(0).is_empty());
    }
}
