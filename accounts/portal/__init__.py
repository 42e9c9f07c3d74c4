"""What every page of the portal shares: sessions, the doors around its requests, the page decorator, forms, the menu, errors;
and the pages of identity itself (members, invitations). Any app's `web` may import it; it imports accounts only.
"""
