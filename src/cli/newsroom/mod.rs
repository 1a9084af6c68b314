//! placeholder
pub struct Newsroom;
impl Newsroom {
    pub async fn start() -> std::io::Result<Newsroom> {
        todo!()
    }
    pub fn base_url(&self) -> &str {
        todo!()
    }
    pub fn sample_config(&self, dir: &std::path::Path) -> String {
        todo!()
    }
    pub async fn shutdown(self) {
        todo!()
    }
}
